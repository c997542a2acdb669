"""Which ports in the internet the tasks try: nothing is blocked here, but on AWS all but `egress` is."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address

from conducky.rehearsal.processes.ports import tcp_sockets

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
    remote = (each.raddr for each in tcp_sockets(pid) if each.raddr)
    return {int(each.port) for each in remote if not ip_address(str(each.ip)).is_loopback}
