"""Why a new task will never become healthy, reported as soon as it is clear and not only after the time limit."""

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

# How long an answer has to stay the same before it counts, in seconds. An application that is starting changes sooner.
SETTLED = 4.0

_ANSWERED = re.compile(r"answered (\d{3})")


@dataclass
class Diagnosis:
    """Observes one task that is not healthy yet. `reason` gives the last health check's, `port` is the local one."""

    pid: int
    port: int
    reason: Callable[[], str]
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
        elsewhere = listening_ports(self.pid)
        if elsewhere and self.port not in elsewhere and self._settled(f"listens on {elsewhere}"):
            return (
                f"it listens on port {elsewhere[0]}, and the target group checks port {self.port}: check `port` in "
                "the settings of services, and that the application reads PORT"
            )
        return None

    def _settled(self, what: str) -> bool:
        """Whether this has been so for a while, with nothing else in between."""
        if what not in self._since:
            self._since = {what: self.clock()}
        return self.clock() - self._since[what] >= SETTLED


def listening_ports(pid: int) -> list[int]:
    """The TCP ports that a process and what it started listen on."""
    ports: set[int] = set()
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                ports |= {
                    int(connection.laddr.port)
                    for connection in member.net_connections(kind="tcp")
                    if connection.status == psutil.CONN_LISTEN
                }
    return sorted(ports)
