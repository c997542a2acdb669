"""What the ways of getting an engine share: a place to work in, and how they say that they failed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conducky.subprocesses import TimeLimitError, run_logged

REPORT_EVERY_SECONDS = 10

Progress = Callable[[str], None]


class WayFailedError(Exception):
    """This way leads to no engine; the message says why, to be read after "tried: "."""


@dataclass(frozen=True)
class Workplace:
    """Where an engine is made: `tree` becomes the engine's folder; `scratch` is thrown away; `log` stays."""

    tree: Path
    scratch: Path
    log: Path
    progress: Progress

    def run(
        self,
        command: list[str | Path],
        *,
        folder: Path,
        variables: dict[str, str],
        limit_seconds: float,
        waiting: str,
    ) -> None:
        """Run a command with temporary files in `scratch` and output in `log`; say `waiting` every ten seconds.

        Raises:
            WayFailedError: it could not start, failed, or took too long; the message is its last line of output.
        """
        reports = 0

        def tick(seconds: float) -> None:
            nonlocal reports
            if seconds >= (reports + 1) * REPORT_EVERY_SECONDS:
                reports = int(seconds // REPORT_EVERY_SECONDS)
                self.progress(f"{waiting}: {seconds:.0f} s")

        environment = {**os.environ, "TMPDIR": str(self.scratch), **variables}
        try:
            code = run_logged(
                command, folder=folder, environment=environment, log=self.log, limit_seconds=limit_seconds, tick=tick
            )
        except (OSError, TimeLimitError) as error:
            raise WayFailedError(str(error)) from error
        if code != 0:
            raise WayFailedError(self._last_line() or f"exit code {code}")

    def _last_line(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
