"""Load on one address by autocannon, which runs outside every quota."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from conducky.rehearsal.images.node import require_node

CONNECTIONS = 10
WARM_UP_SECONDS = 3
SECONDS = 10
_FOLDER = Path(__file__).parent


class LoadResult(BaseModel):
    """2xx answers per second, latencies (ms), how many were not 2xx, and the server's CPU ms for each answer."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    per_second: float
    p50: float
    p99: float
    answered: int
    not_ok: int
    failed: int
    cpu_ms: float = 0.0

    @property
    def answers(self) -> str:
        """What came back, in words; what was not a 2xx is always named."""
        return (
            f"{self.per_second:.0f}/s, p99 {self.p99:.0f} ms, median {self.p50:.0f} ms, "
            f"{self.answered} answers, {self.not_ok} not 2xx, {self.failed} failed"
        )

    def __str__(self) -> str:
        """As the table shows it."""
        return f"{self.cpu_ms:.2f} CPU ms ({self.answers})"


def load(
    url: str,
    cpu_seconds: Callable[[], float],
    *,
    method: str = "GET",
    cookies: Sequence[str] = (),
    body: Mapping[str, str] | None = None,
) -> LoadResult:
    """Ask `url` from ten connections for ten seconds, after three that do not count.

    Each connection goes through its own share of `cookies`, one for each request, in turn. `cpu_seconds` says how much
    processor time the server has used so far.

    Raises:
        UserError: there is no Node.js of the images' version.
        RuntimeError: autocannon failed.
    """
    before = used = 0.0
    for seconds in (WARM_UP_SECONDS, SECONDS):
        order = {
            "url": url,
            "method": method,
            "body": body,
            "cookies": list(cookies),
            "connections": CONNECTIONS,
            "seconds": seconds,
        }
        command = [require_node() / "node", "load.mjs"]
        before = cpu_seconds()
        done = subprocess.run(
            command,
            cwd=_FOLDER,
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"autocannon failed on {url}: {done.stderr.strip()}")
        used = cpu_seconds() - before
    result = LoadResult.model_validate_json(done.stdout)  # pyright: ignore[reportPossiblyUnboundVariable] - the loop ran
    return result.model_copy(update={"cpu_ms": used * 1_000 / max(result.answered, 1)})
