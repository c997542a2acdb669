"""The application load balancer of a rehearsal: a reverse proxy on localhost.

It behaves as AWS's does towards clients and targets, with one difference: it answers 503 when targets are registered
but none is healthy, where AWS would try them all.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from copy import copy
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from conducky.errors import UserError
from conducky.rehearsal.load_balancer.proxy import Listener, Proxy, RuleListener
from conducky.rehearsal.load_balancer.routing import ListenerRule
from conducky.rehearsal.load_balancer.target_group import Answer, HealthCheck, Probe, Target, TargetGroup, watch_target

P = ParamSpec("P")
T = TypeVar("T")

IDLE_SECONDS = 60.0


def _in_loop(
    work: "Callable[Concatenate[LoadBalancer, P], Coroutine[Any, Any, T]]",
) -> "Callable[Concatenate[LoadBalancer, P], T]":
    """Do the work in the load balancer's own thread, and wait for it."""

    @wraps(work)
    def call(balancer: "LoadBalancer", *args: P.args, **named: P.kwargs) -> T:
        return balancer.run(work(balancer, *args, **named))

    return call


class LoadBalancer:
    """Listeners, rules and target groups, served by a thread of its own.

    Every method may be called from any thread, and has taken effect when it returns. Times are in seconds. What is
    wrong with malformed requests goes into the file `log`.
    """

    def __init__(self, *, idle_timeout: float = IDLE_SECONDS, log: Path | None = None) -> None:
        self.idle_timeout = idle_timeout
        self._errors = logging.getLogger(f"{__name__}.{id(self)}")
        self._errors.propagate = False  # Nothing of it reaches the terminal
        self._errors.addHandler(logging.FileHandler(log, delay=True) if log else logging.NullHandler())
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._listeners: dict[str, Listener] = {}
        self._groups: dict[str, TargetGroup] = {}
        self._watchers: dict[tuple[str, int, int], asyncio.Task[None]] = {}

    def start(self) -> None:
        """Start the thread; listeners come with `put_listener`."""
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, details: self._errors.error("%s", details))
        self._thread = threading.Thread(target=self._loop.run_forever, name="load-balancer", daemon=True)
        self._thread.start()
        self.run(self._open())

    def stop(self) -> None:
        """Close every port and connection and end the thread; a second call does nothing."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self.run(self._close())
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        for handler in self._errors.handlers:
            handler.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the thread to its end; its result."""
        if self._loop is None:
            work.close()
            raise RuntimeError("the load balancer is not running: call start() first")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @_in_loop
    async def put_listener(self, arn: str, port_wanted: int | None, listener: RuleListener) -> int:
        """Create or change a listener, and return the local port it answers on.

        A new one takes the first free port from `port_wanted` upwards, or any when that is 0; an existing one keeps
        its port. With None it has none, and only what is in front of it reaches it.

        Raises:
            UserError: no port is free.
        """
        known = self._listeners.get(arn)
        if isinstance(known, RuleListener):
            listener.rules, port_wanted = known.rules, known.port or port_wanted
            if (listener.tls is None) == (known.tls is None):
                known.default, known.added = listener.default, listener.added
                return known.port
            await self._proxy.hang_up(known)
        return await self._listen(arn, port_wanted, listener)

    def rule_listener(self, arn: str) -> RuleListener:
        """A load balancer's listener, for what is in front of it.

        Raises:
            UserError: there is none.
        """
        listener = self._listeners.get(arn)
        if not isinstance(listener, RuleListener):
            raise UserError(f"the load balancer has no listener {arn}", "create it first")
        return listener

    @_in_loop
    async def serve(self, arn: str, port_wanted: int, listener: Listener) -> int:
        """Serve a listener of another kind, and return its local port, chosen as above.

        Raises:
            UserError: no port is free.
        """
        return await self._listen(arn, port_wanted, listener)

    @_in_loop
    async def remove_listener(self, arn: str) -> None:
        """Close a listener's port and forget its rules."""
        if listener := self._listeners.pop(arn, None):
            await self._proxy.hang_up(listener)

    @_in_loop
    async def put_rule(self, listener_arn: str, rule: ListenerRule) -> None:
        """Create or change a rule.

        Raises:
            UserError: there is no such listener, or another of its rules has the same priority.
        """
        listener = self._listeners.get(listener_arn)
        if not isinstance(listener, RuleListener):
            raise UserError(f"the load balancer has no listener {listener_arn}", "create it before its rules")
        others = (other for other in listener.rules.values() if other.arn != rule.arn)
        if any(other.priority == rule.priority for other in others):
            raise UserError(f"two rules of one listener have priority {rule.priority}", "give each its own")
        listener.rules[rule.arn] = rule

    @_in_loop
    async def remove_rule(self, arn: str) -> None:
        """Forget a rule."""
        for listener in self._listeners.values():
            if isinstance(listener, RuleListener):
                listener.rules.pop(arn, None)

    @_in_loop
    async def put_target_group(self, group: TargetGroup) -> None:
        """Create a target group, or change its settings and keep its targets."""
        known = self._groups.setdefault(group.arn, group)
        known.name, known.health, known.patience = group.name, group.health, group.patience
        known.deregistration_delay = group.deregistration_delay

    @_in_loop
    async def remove_target_group(self, arn: str) -> None:
        """Forget a target group and its targets at once, without draining."""
        group = self._groups.pop(arn, None)
        for target in group.targets if group else ():
            self._unwatch(arn, target)

    @_in_loop
    async def register(self, target_group_arn: str, host: str, port: int, probe: Probe | None = None) -> None:
        """Add a target and begin to check it, by `probe` if given; it gets requests once it is healthy."""
        group = self._group(target_group_arn)
        known = group.find(host, port)
        if known and known.state != "draining":
            return
        if known:
            group.targets.remove(known)
        target = Target(host, port, probe=probe)
        group.targets.append(target)
        watcher = asyncio.create_task(watch_target(self._proxy.fresh, group, target))
        self._watchers[target_group_arn, id(target), port] = watcher

    @_in_loop
    async def deregister(self, target_group_arn: str, host: str, port: int) -> None:
        """Send a target no new requests; wait until it has answered those it has, or its group's delay is over."""
        group = self._group(target_group_arn)
        target = group.find(host, port)
        if target is None:
            return
        target.state, target.reason = "draining", "deregistered"
        self._unwatch(target_group_arn, target)
        deadline = time.monotonic() + group.deregistration_delay
        while target.in_flight and time.monotonic() < deadline:  # noqa: ASYNC110  # a deadline is watched as well
            await asyncio.sleep(0.02)
        with contextlib.suppress(ValueError):  # Registered again meanwhile
            group.targets.remove(target)

    def all_targets(self) -> list[Target]:
        """The targets of all groups as they are now."""
        return [target for arn in list(self._groups) for target in self.target_health(arn)]

    def target_health(self, target_group_arn: str) -> list[Target]:
        """The targets of a group as they are now."""
        return [copy(target) for target in list(self._group(target_group_arn).targets)]

    def answers(self, target_group_arn: str | None) -> list[Answer]:
        """What the targets of a group, or of all, answered lately."""
        groups = [self._group(target_group_arn)] if target_group_arn else list(self._groups.values())
        return [answer for group in groups for answer in list(group.answers)]

    def health_check(self, target_group_arn: str) -> HealthCheck:
        """How the targets of a group are checked."""
        return self._group(target_group_arn).health

    def _group(self, arn: str) -> TargetGroup:
        group = self._groups.get(arn)
        if group is None:
            raise UserError(f"the load balancer has no target group {arn}", "create it before what names it")
        return group

    async def _listen(self, arn: str, port_wanted: int | None, listener: Listener) -> int:
        listener.port = 0 if port_wanted is None else await self._proxy.listen(listener, port_wanted)
        self._listeners[arn] = listener
        return listener.port

    async def _open(self) -> None:
        self._proxy = Proxy(self._groups, self.idle_timeout, self._errors)

    async def _close(self) -> None:
        for listener in self._listeners.values():
            await self._proxy.hang_up(listener)
        self._listeners.clear()
        watchers = list(self._watchers.values())
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        self._watchers.clear()
        await self._proxy.close()

    def _unwatch(self, arn: str, target: Target) -> None:
        if watcher := self._watchers.pop((arn, id(target), target.port), None):
            watcher.cancel()
