"""What the load balancer does with a request: answer it by a rule, or forward it to a target."""

import asyncio
import errno
import logging
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from conducky.rehearsal.load_balancer import routing
from conducky.rehearsal.load_balancer.sockets import carry_socket, wants_socket
from conducky.rehearsal.load_balancer.target_group import Answer, Target, TargetGroup
from conducky.rehearsal.processes.ports import addresses, claim_port, free_port, release_port

_HEADER_BYTES = 65536
_RETRY_SECONDS = 0.1
# Of a request: what its answer gets where it lacks it, from what is in front of the load balancer.
ADDED = web.RequestKey("added", dict[str, str])
_REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
# They belong to one connection, not to the message (RFC 9110, 7.6.1); Expect is answered here
_HOP_BY_HOP = frozenset(("connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")) | {
    f"proxy-{name}" for name in ("authenticate", "authorization", "connection")
}
_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


@dataclass(kw_only=True)
class Listener(ABC):
    """A port that accepts requests, by HTTPS where `tls` is given. Without a port, others reach it only from within."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    runner: web.ServerRunner | None = None

    @abstractmethod
    async def answer(self, proxy: "Proxy", request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, or forward it to one of the proxy's target groups."""


@dataclass
class RuleListener(Listener):
    """A load balancer's listener: rules say where requests go.

    `added` are headers of every answer. `siblings` are the local ports of its load balancer's listeners by their own.
    """

    default: routing.Action
    added: Mapping[str, str] = field(default_factory=dict[str, str])
    siblings: Mapping[int, int] = field(default_factory=dict[int, int])
    rules: dict[str, routing.ListenerRule] = field(default_factory=dict[str, routing.ListenerRule])
    turn: int = 0

    @property
    def protocol(self) -> str:
        """By which clients come."""
        return "https" if self.tls else "http"

    async def answer(self, proxy: "Proxy", request: web.BaseRequest) -> web.StreamResponse:
        """Answer by the first rule that matches."""
        response = await self._by_rule(proxy, request)
        if not response.prepared:  # else they are sent already
            _complete(response, self, request)
        return response

    async def _by_rule(self, proxy: "Proxy", request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):
            return web.Response(status=400, text="400 Bad Request")
        line = routing.RequestLine(request.headers.get(hdrs.HOST, ""), path, query, self.port, self.protocol)
        action = routing.choose_action(self.rules.values(), self.default, line)
        if isinstance(action, routing.FixedResponse):
            return web.Response(
                status=action.status,
                body=action.body.encode(),
                headers={hdrs.CONTENT_TYPE: action.content_type, hdrs.SERVER: "awselb/2.0"},
            )
        if not isinstance(action, routing.Forward):
            location = self._local(action).location(line)
            return web.Response(status=action.status, headers={hdrs.LOCATION: location})
        self.turn += 1
        group = proxy.groups.get(action.group(self.turn))
        target = group.next_healthy() if group else None
        if target is None:
            return _error_page(503)
        # Counted in the same step as chosen: a release waits for it from here on
        target.in_flight += 1
        try:
            response = await proxy.forward(target, self, request, group.patience if group else 0.0)
            if group and isinstance(response, _Relay):  # What the load balancer answers itself is another metric
                group.answers.append(Answer(time.monotonic(), response.status))
            return response
        finally:
            target.in_flight -= 1

    def _local(self, redirect: routing.Redirect) -> routing.Redirect:
        """With the local port of what it leads to, where that is this load balancer."""
        if redirect.host != "#{host}" or not redirect.port.isdecimal():
            return redirect
        return replace(redirect, port=str(self.siblings.get(int(redirect.port), redirect.port)))


class Proxy:
    """Serves listeners on every local address, with the target groups in `groups`, which may change at any time.

    To be created and used in one event loop. `fresh` opens a connection for each request; `idle_timeout` is seconds.
    `log` gets what is wrong with requests that are not HTTP.
    """

    def __init__(self, groups: Mapping[str, TargetGroup], idle_timeout: float, log: logging.Logger) -> None:
        self.groups = groups
        self._log = log
        self._idle_timeout = idle_timeout
        self._pooled = self._session(reuse=True)
        self.fresh = self._session(reuse=False)

    async def listen(self, listener: Listener, wanted: int) -> int:
        """Serve `listener` on the first free port from `wanted` upwards, or on any when that is 0; return the port.

        Raises:
            UserError: no port is free.
        """
        listener.runner = self._runner(listener)
        await listener.runner.setup()
        try:
            return await self._bind(listener.runner, wanted, listener.tls)
        except BaseException:
            await listener.runner.cleanup()
            raise

    async def hang_up(self, listener: Listener) -> None:
        """Close a listener's port and connections."""
        if listener.runner:
            await listener.runner.cleanup()
            release_port(listener.port)

    async def close(self) -> None:
        """Close all connections to targets."""
        await self._pooled.close()
        await self.fresh.close()

    def _session(self, *, reuse: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=not reuse),
            timeout=aiohttp.ClientTimeout(total=None, connect=10, sock_read=self._idle_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE),
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )

    def _runner(self, listener: Listener) -> web.ServerRunner:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await listener.answer(self, request)

        server = web.Server(
            handle,
            access_log=None,
            logger=self._log,
            auto_decompress=False,
            handler_cancellation=True,
            keepalive_timeout=self._idle_timeout,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        return web.ServerRunner(server, shutdown_timeout=2)

    async def _bind(self, runner: web.ServerRunner, wanted: int, tls: ssl.SSLContext | None) -> int:
        while True:
            port = claim_port(wanted) if wanted else free_port()
            sites: list[web.TCPSite] = []
            try:
                # All of them: whichever `localhost` is for a browser, no other user's program answers there
                for address in addresses():
                    sites.append(web.TCPSite(runner, address, port, ssl_context=tls))
                    await sites[-1].start()
            except OSError as error:
                for site in sites[:-1]:
                    await site.stop()
                # Another process took it in between; it stays claimed here, so that the next one is tried
                if error.errno != errno.EADDRINUSE:
                    release_port(port)
                    raise
            else:
                return port

    async def forward(
        self, target: Target, listener: RuleListener, request: web.BaseRequest, patience: float = 0.0
    ) -> web.StreamResponse:
        """Pass a request on to a target, and its answer back; while it refuses connections, for `patience` seconds."""
        if wants_socket(request):
            return await _patiently(
                partial(carry_socket, self.fresh, target, request, _forwarded(request, listener)), patience
            )
        return await _patiently(partial(self._forward, target, listener, request, keep=not patience), patience)

    async def _forward(
        self, target: Target, listener: RuleListener, request: web.BaseRequest, *, keep: bool
    ) -> web.StreamResponse:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        headers = _forwarded(request, listener)
        # The target may be closing a kept connection just now; the client then repeats the request, once. Requests that
        # must not be repeated get a new connection
        repeatable = request.method in _REPEATABLE and not request.can_read_body
        client = self._pooled if repeatable and keep else self.fresh
        try:
            response = await client.request(
                request.method,
                URL(f"http://{target.host}:{target.port}{request.raw_path}", encoded=True),
                headers=headers,
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
            )
        except aiohttp.ClientConnectorError:
            raise
        except asyncio.TimeoutError:  # noqa: UP041  # aiohttp documents it by this name
            return _error_page(504)
        except (aiohttp.ClientError, OSError):
            return _error_page(502)
        async with response:
            relay = _Relay(response.status, response.reason, end_to_end(response.headers))
            _complete(relay, listener, request)
            try:
                await relay.prepare(request)
                async for chunk in response.content.iter_any():
                    await relay.write(chunk)
                await relay.write_eof()
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError):  # noqa: UP041  # as above
                # Part of the answer is sent: only a broken connection shows the client that the rest is missing
                if request.transport is not None:
                    request.transport.abort()
            return relay


async def _patiently(attempt: Callable[[], Awaitable[web.StreamResponse]], seconds: float) -> web.StreamResponse:
    """Try again while the target refuses connections, so that nothing was sent to it; in the end that is 502."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except (aiohttp.ClientError, OSError) as error:
            if not isinstance(error, aiohttp.ClientConnectorError) or time.monotonic() >= deadline:
                return _error_page(502)
        await asyncio.sleep(_RETRY_SECONDS)


def _forwarded(request: web.BaseRequest, listener: RuleListener) -> CIMultiDict[str]:
    """The headers that the target gets."""
    headers = end_to_end(request.headers)
    headers["X-Forwarded-For"] = ", ".join([*request.headers.getall("X-Forwarded-For", []), request.remote or ""])
    headers["X-Forwarded-Proto"] = listener.protocol
    headers["X-Forwarded-Port"] = str(listener.port)
    return headers


class _Relay(web.StreamResponse):
    """A target's answer with the target's headers and no others."""

    def __init__(self, status: int, reason: str | None, headers: CIMultiDict[str]) -> None:
        super().__init__(status=status, reason=reason, headers=headers)
        self._unwanted = [name for name in (hdrs.CONTENT_TYPE, hdrs.SERVER) if name not in headers]

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        for name in self._unwanted:
            self.headers.pop(name, None)


def _complete(response: web.StreamResponse, listener: RuleListener, request: web.BaseRequest) -> None:
    """Add the listener's headers, and those of what is in front where the answer lacks them."""
    response.headers.update(listener.added)
    for name, value in request.get(ADDED, {}).items():
        response.headers.setdefault(name, value)


def end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers that belong to the message."""
    named = {name.strip().lower() for value in headers.getall(hdrs.CONNECTION, []) for name in value.split(",")}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | named)


def _error_page(status: int) -> web.Response:
    title = f"{status} {_REASONS[status]}"
    head, heading = f"<head><title>{title}</title></head>", f"<center><h1>{title}</h1></center>"
    text = f"<html>\r\n{head}\r\n<body>\r\n{heading}\r\n</body>\r\n</html>\r\n"
    return web.Response(status=status, text=text, content_type="text/html", headers={hdrs.SERVER: "awselb/2.0"})
