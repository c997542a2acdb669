"""Which ports in the internet the tasks try: nothing is blocked here, but on AWS all but `egress` is."""

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address

import psutil

_INTERVAL = 1.0  # Seconds; a refused connection is over at once, and may be missed


@dataclass
class EgressWatch:
    """Notes, by application, the ports outside of this computer to which its processes connect.

    It sees tasks that run on the host; a container's connections belong to its own network.
    """

    tried: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    _next: float = 0.0

    def observe(self, tasks: Iterable[tuple[str, int]]) -> None:
        """Check each task, by its application's name and its process id; does nothing within a second."""
        if time.monotonic() < self._next:
            return
        for application, pid in tasks:
            if ports := _outwards(pid):
                self.tried.setdefault(application, set()).update(ports)
        self._next = time.monotonic() + _INTERVAL


def _outwards(pid: int) -> set[int]:
    ports: set[int] = set()
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                ports |= {
                    int(connection.raddr.port)
                    for connection in member.net_connections(kind="tcp")
                    if connection.raddr and not ip_address(str(connection.raddr.ip)).is_loopback
                }
    return ports
