"""Who may call the rehearsal's provider: the engine that the rehearsal started, and no other process.

The provider does what a program asks, so anybody who could call it could run commands as the person who rehearses.
"""

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any

import grpc
import psutil

_KNOWN_SECONDS = 1.0  # A connection is looked up again after this: its port may be another process's by then
# Linux lists sockets and processes piece by piece, while others come and go, and now and then leaves one out.
_LOOKS, _SECONDS_BETWEEN = 4, 0.05
_LOCAL = ("127.0.0.1", "::ffff:127.0.0.1")

Processes = Callable[[], Iterable[psutil.Process]]


class CallersOnly(grpc.ServerInterceptor):
    """Answers a call only if its connection's other end is a socket of one of `allowed`, called each time."""

    def __init__(self, allowed: Processes) -> None:
        self._allowed = allowed
        self._known: dict[str, float] = {}

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:  # noqa: ANN401  # gRPC's types
        """The method's handler, behind the check."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:  # Every method of a provider has one message each way
            return None

        def answer(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401  # as above
            if not self._is_allowed(context.peer()):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "only the engine of this rehearsal is answered")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)

    def _is_allowed(self, peer: str) -> bool:
        now = time.monotonic()
        if now - self._known.get(peer, -_KNOWN_SECONDS) < _KNOWN_SECONDS:
            return True
        for look in range(_LOOKS):
            if look:
                time.sleep(_SECONDS_BETWEEN)
            if any(holds_connection(process, peer) for process in self._allowed()):
                self._known[peer] = now
                return True
        self._known.pop(peer, None)
        return False


def holds_connection(process: psutil.Process, peer: str) -> bool:
    """Whether a socket of `process` is the local end of the connection that a server names `ipv4:127.0.0.1:PORT`."""
    kind, _, address = peer.partition(":")
    host, _, port = address.rpartition(":")
    if kind != "ipv4" or host != "127.0.0.1" or not port.isdigit():
        return False
    with contextlib.suppress(psutil.Error):
        return any(
            connection.laddr and connection.laddr.ip in _LOCAL and connection.laddr.port == int(port)
            for connection in process.net_connections(kind="tcp")
            if connection.status == psutil.CONN_ESTABLISHED
        )
    return False
