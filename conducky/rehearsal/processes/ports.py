"""Free local TCP ports, each handed out once."""

import contextlib
import errno
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psutil

from conducky.errors import UserError

_HIGHEST = 65535
_lock = threading.Lock()
_handed_out: set[int] = set()


def addresses() -> list[str]:
    """The local addresses, which other computers cannot reach: 127.0.0.1, and ::1 where it exists."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ["127.0.0.1"]
    return ["127.0.0.1", "::1"]


def free_port() -> int:
    """Any port that is free on 127.0.0.1 and ::1 and was not handed out before by this process."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if _claimed(port):
            return port


def claim_port(preferred: int) -> int:
    """The first free port from `preferred` up, by the same rule as in `free_port`. Raises UserError when none is."""
    for port in range(preferred, _HIGHEST + 1):
        if _claimed(port):
            return port
    raise UserError(f"every port from {preferred} to {_HIGHEST} is in use", "choose a lower one with `--port`")


def tcp_sockets(pid: int) -> Iterator[Any]:
    """The TCP sockets of a process and what it started, as psutil describes them; none of what we may not see."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                yield from member.net_connections(kind="tcp")


def release_port(port: int) -> None:
    """Let a port be handed out again; nothing happens if it was not."""
    with _lock:
        _handed_out.discard(port)


def _claimed(port: int) -> bool:
    """Hand a port out, if it is free at both addresses: for `localhost` a browser may try ::1 first."""
    with _lock:
        if port in _handed_out or not _can_bind(socket.AF_INET, "127.0.0.1", port):
            return False
        if not _can_bind(socket.AF_INET6, "::1", port):
            return False
        _handed_out.add(port)
        return True


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        probe = socket.socket(family)
    except OSError:
        return True  # There are no such addresses
    with probe:
        if probe.connect_ex((address, port)) == 0:
            return False  # macOS lets a program bind one address while another listens on all of them
    with socket.socket(family) as probe:
        # As servers do: connections in TIME_WAIT do not keep a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return family == socket.AF_INET6 and error.errno == errno.EADDRNOTAVAIL
    return True
