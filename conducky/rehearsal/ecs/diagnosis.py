"""Why a new task will never become healthy, reported as soon as it is clear and not only after the time limit."""

import contextlib
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import psutil

from conducky.rehearsal.processes.ports import tcp_sockets

# How long an answer has to stay the same before it counts, in seconds. An application that is starting changes sooner.
SETTLED = 4.0

_ANSWERED = re.compile(r"answered (\d{3})")


@dataclass
class Diagnosis:
    """Observes one new task. `reason` gives the last health check's, `port` is the local one, `folder` the task's."""

    pid: int
    port: int
    reason: Callable[[], str]
    folder: Path
    clock: Callable[[], float] = time.monotonic
    _since: dict[str, float] = field(default_factory=dict[str, float])

    def hopeless(self) -> str | None:
        """Why waiting is pointless, or None while it may still help."""
        reason = self.reason()
        answered = _ANSWERED.search(reason)
        if answered:
            # An application that is starting may answer 503, but not 404.
            if int(answered[1]) < 500 and self._settled(reason):  # noqa: PLR2004  # server errors
                return f"{reason}: check `healthPath` in the settings of services"
            return None
        found = listening(self.pid)
        if (unreachable := self.unreachable(found)) and self._settled(unreachable):
            return unreachable
        elsewhere = sorted({port for _, port in found})
        if elsewhere and self.port not in elsewhere and self._settled(f"listens on {elsewhere}"):
            return (
                f"it listens on port {elsewhere[0]}, and the target group checks port {self.port}: check `port` in "
                "the settings of services, and that the application reads PORT"
            )
        return None

    def unreachable(self, found: Iterable[tuple[str, int]] | None = None) -> str | None:
        """Why no load balancer could reach the task on Fargate, also where it answers here; None where one could.

        `found` is what it listens on, if that is known.
        """
        addresses = sorted(ip for ip, port in found or listening(self.pid) if port == self.port)
        if not addresses or not all(map(_is_loopback, addresses)) or self._listens_everywhere():
            return None
        return (
            f"it listens on loopback only ({', '.join(addresses)}, port {self.port}), where no load balancer reaches "
            "it: let it listen on 0.0.0.0, in its code, or by a variable such as HOST or HOSTNAME, in the image or in "
            "`variables` in the settings of services"
        )

    def _listens_everywhere(self) -> bool:
        """Whether it asked for every address, and got loopback from `listen.cjs`."""
        with contextlib.suppress(FileNotFoundError):
            return str(self.port) in (self.folder / "listens-everywhere").read_text(encoding="utf-8").split()
        return False

    def _settled(self, what: str) -> bool:
        """Whether this has been so for a while, with nothing else in between."""
        if what not in self._since:
            self._since = {what: self.clock()}
        return self.clock() - self._since[what] >= SETTLED


def listening(pid: int) -> set[tuple[str, int]]:
    """The addresses and TCP ports that a process and what it started listen on."""
    listeners = (each for each in tcp_sockets(pid) if each.status == psutil.CONN_LISTEN)
    return {(str(each.laddr.ip), int(each.laddr.port)) for each in listeners}


def _is_loopback(address: str) -> bool:
    found = ip_address(address)
    return ((isinstance(found, IPv6Address) and found.ipv4_mapped) or found).is_loopback
