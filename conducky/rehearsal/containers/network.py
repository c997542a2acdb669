"""How containers reach what runs on this computer: its loopback addresses, to which nobody else has a way.

| engine                | how                                                                                  |
|-----------------------|--------------------------------------------------------------------------------------|
| on Linux              | a network of the rehearsal's own, and relays on its gateway, which the containers and |
|                       | this computer reach                                                                  |
| Podman without root   | its own network stack, which leads to the loopback addresses                         |
| Docker Desktop, macOS | the engine's `host-gateway`, which does the same                                     |
"""

import asyncio
import socket
import sys
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from conducky.errors import UserError
from conducky.rehearsal.containers.engine import ContainerEngine

_ROOTLESS_HOST: Final = "10.0.2.2"  # slirp4netns's name for this computer
_FREE_BIND: Final = 15  # IP_FREEBIND: the gateway's address is there when the first container is
_CHUNK: Final = 65536
T = TypeVar("T")


@dataclass
class TaskNetwork:
    """The network of one rehearsal's containers. `close` ends the relays; the network goes by its label."""

    engine: ContainerEngine
    name: str
    label: str
    _gateway: str = ""
    _relays: dict[int, asyncio.Server] = field(default_factory=dict[int, asyncio.Server])
    _loop: asyncio.AbstractEventLoop | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def options(self) -> list[str]:
        """The options with which a container joins it."""
        if self.engine.rootless:
            return ["--network", "slirp4netns:allow_host_loopback=true"]
        with self._lock:
            if not self._gateway:
                self._gateway = self.engine.create_network(self.name, self.label)
        return ["--network", self.name]

    def host(self, port: int) -> str:
        """The address at which containers reach a local port. Raises UserError when its gateway has it in use."""
        if self.engine.rootless:
            return _ROOTLESS_HOST
        if sys.platform != "linux":
            return "host-gateway"
        with self._lock:
            if port not in self._relays:
                self._relays[port] = self._relay(port)
        return self._gateway

    def close(self) -> None:
        """End the relays."""
        if self._loop:
            self._do(_end([*self._relays.values()]))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None
            self._relays.clear()

    def _relay(self, port: int) -> asyncio.Server:
        listener = socket.socket()
        try:
            listener.setsockopt(socket.IPPROTO_IP, _FREE_BIND, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._gateway, port))
        except OSError as error:
            listener.close()
            raise UserError(
                f"containers cannot reach port {port} of this computer: {self._gateway} cannot be listened on "
                f"({error.strerror})",
                "end the program that listens on it, or run `make rehearse ARGS='--runtime host'`",
            ) from error

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer), return_exceptions=True)

        return self._do(asyncio.start_server(connected, sock=listener))

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="relays", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)


async def _end(relays: Iterable[asyncio.Server]) -> None:
    """Listen no more, and end every connection while there is a loop to close it in."""
    for each in relays:
        each.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
