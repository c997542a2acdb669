"""The application load balancer of a rehearsal: a reverse proxy on this machine.

It behaves as AWS's does towards clients and targets, with two differences: it carries no WebSockets (answer 501), and
it answers 503 when targets are registered but none is healthy, where AWS would try them all.
"""

import asyncio
import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from conducky.errors import UserError
from conducky.rehearsal.routing import Action, FixedResponse, Forward, ListenerRule, RequestLine, choose_action
from conducky.rehearsal.target_group import State, Target, TargetGroup, watch_target

T = TypeVar("T")

IDLE_SECONDS = 60.0
_PORTS_TRIED = 200
_HIGHEST_PORT = 65535
_HEADER_BYTES = 65536
_REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
# one connection's business, not the message's (RFC 9110, 7.6.1); Expect is answered here
_HOP_BY_HOP = frozenset(
    (
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


class TargetUnhealthy(UserError):  # noqa: N818 # what it says, not an error of this module
    """A target did not become healthy; the message says why."""


@dataclass(frozen=True)
class TargetHealth:
    """How a target is, and why when it is not healthy."""

    host: str
    port: int
    state: State
    reason: str


@dataclass
class _Listener:
    default: Action
    rules: dict[str, ListenerRule] = field(default_factory=dict[str, ListenerRule])
    port: int = 0
    runner: web.ServerRunner | None = None


class LoadBalancer:
    """Listeners, rules and target groups, served by a thread of its own.

    Every method may be called from any thread, and has taken effect when it returns. Times are in seconds.
    """

    def __init__(self, host: str = "127.0.0.1", *, idle_timeout: float = IDLE_SECONDS) -> None:
        self.host = host
        self.idle_timeout = idle_timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._listeners: dict[str, _Listener] = {}
        self._groups: dict[str, TargetGroup] = {}
        self._watchers: dict[tuple[str, int, int], asyncio.Task[None]] = {}

    def start(self) -> None:
        """Start the thread; listeners come with `put_listener`."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="load-balancer", daemon=True)
        self._thread.start()
        self._call(self._open_sessions())

    def stop(self) -> None:
        """Close every port and connection and end the thread; a second call does nothing."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._call(self._close())
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def put_listener(self, arn: str, port_wanted: int, default_action: Action) -> int:
        """Make or change a listener, and give the local port it answers on.

        A new one takes `port_wanted` or the next free port (8000 higher where the port is for root only); an existing
        one keeps its port.
        """
        return self._call(self._put_listener(arn, port_wanted, default_action))

    def remove_listener(self, arn: str) -> None:
        """Close a listener's port and forget its rules."""
        self._call(self._remove_listener(arn))

    def put_rule(self, listener_arn: str, rule: ListenerRule) -> None:
        """Make or change a rule.

        Raises:
            UserError: When there is no such listener, or another of its rules has the same priority.
        """
        self._call(self._put_rule(listener_arn, rule))

    def remove_rule(self, arn: str) -> None:
        """Forget a rule."""

        async def remove() -> None:
            for listener in self._listeners.values():
                listener.rules.pop(arn, None)

        self._call(remove())

    def put_target_group(self, group: TargetGroup) -> None:
        """Make a target group, or change its settings and keep its targets."""

        async def put() -> None:
            known = self._groups.setdefault(group.arn, group)
            known.name, known.health = group.name, group.health
            known.deregistration_delay = group.deregistration_delay

        self._call(put())

    def remove_target_group(self, arn: str) -> None:
        """Forget a target group and its targets at once, without draining."""

        async def remove() -> None:
            group = self._groups.pop(arn, None)
            for target in group.targets if group else ():
                self._unwatch(arn, target)

        self._call(remove())

    def register(self, target_group_arn: str, host: str, port: int) -> None:
        """Add a target and begin to check it; it gets requests once it is healthy."""
        self._call(self._register(target_group_arn, host, port))

    def wait_healthy(
        self, target_group_arn: str, host: str, port: int, timeout: float, gone: Callable[[], str | None]
    ) -> None:
        """Wait until a registered target is healthy.

        Raises:
            TargetUnhealthy: After `timeout`, with the last check's reason; or as soon as `gone` gives a reason why
                the target never will be.
        """
        deadline = time.monotonic() + timeout
        while True:
            target = self._group(target_group_arn).find(host, port)
            if target is None:
                raise TargetUnhealthy(f"{host}:{port} was taken out of its target group before it was healthy")
            if target.state == "healthy":
                return
            if reason := gone():
                raise TargetUnhealthy(reason)
            if time.monotonic() >= deadline:
                raise TargetUnhealthy(f"not healthy after {timeout:g} s: {target.reason}")
            time.sleep(0.05)

    def deregister(self, target_group_arn: str, host: str, port: int) -> None:
        """Give a target no new request, and wait until it has answered all it has, or its group's delay is over."""
        self._call(self._deregister(target_group_arn, host, port))

    def target_health(self, target_group_arn: str) -> list[TargetHealth]:
        """List a group's targets."""
        targets = list(self._group(target_group_arn).targets)
        return [TargetHealth(target.host, target.port, target.state, target.reason) for target in targets]

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise RuntimeError("the load balancer is not running: call start() first")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _group(self, arn: str) -> TargetGroup:
        group = self._groups.get(arn)
        if group is None:
            raise UserError(f"the load balancer has no target group {arn}: create it before what names it")
        return group

    async def _open_sessions(self) -> None:
        def session(*, reuse: bool) -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, force_close=not reuse),
                timeout=aiohttp.ClientTimeout(total=None, connect=10, sock_read=self.idle_timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE),
                max_line_size=_HEADER_BYTES,
                max_field_size=_HEADER_BYTES,
            )

        self._pooled, self._fresh = session(reuse=True), session(reuse=False)

    async def _close(self) -> None:
        for arn in list(self._listeners):
            await self._remove_listener(arn)
        watchers = list(self._watchers.values())
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        self._watchers.clear()
        await self._pooled.close()
        await self._fresh.close()

    async def _put_listener(self, arn: str, port_wanted: int, default: Action) -> int:
        if known := self._listeners.get(arn):
            known.default = default
            return known.port
        listener = _Listener(default)

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._answer(listener, request)

        server = web.Server(
            handle,
            access_log=None,
            auto_decompress=False,
            handler_cancellation=True,
            keepalive_timeout=self.idle_timeout,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        listener.runner = web.ServerRunner(server, shutdown_timeout=2)
        await listener.runner.setup()
        listener.port = await self._bind(listener.runner, port_wanted)
        self._listeners[arn] = listener
        return listener.port

    async def _bind(self, runner: web.ServerRunner, wanted: int) -> int:
        port = wanted
        for _ in range(_PORTS_TRIED):
            try:
                # asked first, because some systems let two programs listen on one port
                if not _somebody_answers(self.host, port):
                    await web.TCPSite(runner, self.host, port).start()
                    return int(runner.addresses[-1][1])
                port += 1
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                port += 8000 if error.errno == errno.EACCES else 1
            if port > _HIGHEST_PORT:
                break
        await runner.cleanup()
        raise UserError(f"no port from {wanted} to {port} is free for the load balancer: give another with `--port`")

    async def _remove_listener(self, arn: str) -> None:
        listener = self._listeners.pop(arn, None)
        if listener and listener.runner:
            await listener.runner.cleanup()

    async def _put_rule(self, listener_arn: str, rule: ListenerRule) -> None:
        listener = self._listeners.get(listener_arn)
        if listener is None:
            raise UserError(f"the load balancer has no listener {listener_arn}: create it before its rules")
        others = (other for other in listener.rules.values() if other.arn != rule.arn)
        if any(other.priority == rule.priority for other in others):
            raise UserError(f"two rules of one listener have priority {rule.priority}: give each its own")
        listener.rules[rule.arn] = rule

    async def _register(self, arn: str, host: str, port: int) -> None:
        group = self._group(arn)
        known = group.find(host, port)
        if known and known.state != "draining":
            return
        if known:
            group.targets.remove(known)
        target = Target(host, port)
        group.targets.append(target)
        self._watchers[arn, id(target), port] = asyncio.create_task(watch_target(self._fresh, group, target))

    def _unwatch(self, arn: str, target: Target) -> None:
        if watcher := self._watchers.pop((arn, id(target), target.port), None):
            watcher.cancel()

    async def _deregister(self, arn: str, host: str, port: int) -> None:
        group = self._group(arn)
        target = group.find(host, port)
        if target is None:
            return
        target.state, target.reason = "draining", "taken out of service"
        self._unwatch(arn, target)
        deadline = time.monotonic() + group.deregistration_delay
        while target.in_flight and time.monotonic() < deadline:  # noqa: ASYNC110 # a deadline is watched as well
            await asyncio.sleep(0.02)
        with contextlib.suppress(ValueError):  # registered anew meanwhile
            group.targets.remove(target)

    async def _answer(self, listener: _Listener, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):
            return web.Response(status=400, text="400 Bad Request")
        if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
            return web.Response(status=501, text="The rehearsal's load balancer does not carry WebSockets.")
        line = RequestLine(request.headers.get(hdrs.HOST, ""), path, query, listener.port)
        action = choose_action(listener.rules.values(), listener.default, line)
        if isinstance(action, FixedResponse):
            return web.Response(
                status=action.status,
                body=action.body.encode(),
                headers={hdrs.CONTENT_TYPE: action.content_type, hdrs.SERVER: "awselb/2.0"},
            )
        if not isinstance(action, Forward):
            return web.Response(status=action.status, headers={hdrs.LOCATION: action.location(line)})
        group = self._groups.get(action.target_group_arn)
        target = group.next_healthy() if group else None
        if target is None:
            return _error_page(503)
        # counted in the same step as chosen: a release waits for it from here on
        target.in_flight += 1
        try:
            return await self._forward(target, listener, request)
        finally:
            target.in_flight -= 1

    async def _forward(self, target: Target, listener: _Listener, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        headers = _end_to_end(request.headers)
        seen = [*request.headers.getall("X-Forwarded-For", []), request.remote or ""]
        headers["X-Forwarded-For"] = ", ".join(seen)
        headers["X-Forwarded-Proto"] = "http"
        headers["X-Forwarded-Port"] = str(listener.port)
        # a kept connection may be closed by the target just now; the client then repeats the request, once, which
        # only fits requests that may be repeated: all others get a new connection
        repeatable = request.method in _REPEATABLE and not request.can_read_body
        client = self._pooled if repeatable else self._fresh
        try:
            response = await client.request(
                request.method,
                URL(f"http://{target.host}:{target.port}{request.raw_path}", encoded=True),
                headers=headers,
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
            )
        except asyncio.TimeoutError:  # noqa: UP041 # aiohttp documents it by this name
            return _error_page(504)
        except (aiohttp.ClientError, OSError):
            return _error_page(502)
        async with response:
            relay = _Relay(response.status, response.reason, _end_to_end(response.headers))
            try:
                await relay.prepare(request)
                async for chunk in response.content.iter_any():
                    await relay.write(chunk)
                await relay.write_eof()
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError):  # noqa: UP041 # as above
                # part of the answer is sent: only a broken connection tells the client that the rest is missing
                if request.transport is not None:
                    request.transport.abort()
            return relay


class _Relay(web.StreamResponse):
    """A target's answer with the target's headers and no others."""

    def __init__(self, status: int, reason: str | None, headers: CIMultiDict[str]) -> None:
        super().__init__(status=status, reason=reason, headers=headers)
        self._unwanted = [name for name in (hdrs.CONTENT_TYPE, hdrs.SERVER) if name not in headers]

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        for name in self._unwanted:
            self.headers.pop(name, None)


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for value in headers.getall(hdrs.CONNECTION, []) for name in value.split(",")}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | named)


def _error_page(status: int) -> web.Response:
    title = f"{status} {_REASONS[status]}"
    lines = (
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "</body>",
        "</html>",
        "",
    )
    headers = {hdrs.SERVER: "awselb/2.0"}
    return web.Response(status=status, text="\r\n".join(lines), content_type="text/html", headers=headers)


def _somebody_answers(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=0.5):
        return True
    return False
