"""What the attempts to get an engine share: a place to work in, and how they fail."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conducky.subprocesses import TimeLimitError, last_line, run_logged
from conducky.terminal import Wait, in_time

REPORT_EVERY_SECONDS = 60

Report = Callable[[str], None]


class AttemptFailedError(Exception):
    """This attempt got no engine; the message says why, as one item of a list."""


@dataclass(frozen=True)
class Attempt:
    """Where an engine is built: `tree` becomes the engine's folder; `scratch` is thrown away; `log` is kept.

    `report` gets a line for each step; `wait` hears every second how far a long one is. Without `wait`, `report` does,
    once a minute.
    """

    tree: Path
    scratch: Path
    log: Path
    report: Report
    wait: Wait | None = None

    def clear(self) -> None:
        """Remove what an earlier attempt left, and create both folders."""
        for folder in (self.tree, self.scratch):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)

    def run(
        self,
        command: list[str | Path],
        *,
        folder: Path,
        variables: dict[str, str],
        limit_seconds: float,
        waiting: str,
        about_seconds: float,
    ) -> None:
        """Run a command with temporary files in `scratch` and output in `log`; `waiting` says what takes about so long.

        Raises AttemptFailedError, with the last line of output, when it cannot start, fails, or takes too long.
        """
        reports: set[int] = {0}

        def tick(seconds: float) -> None:
            if self.wait:
                self.wait(waiting, seconds, about_seconds)
            elif (number := int(seconds // REPORT_EVERY_SECONDS)) not in reports:
                reports.add(number)
                self.report(f"{waiting}: {in_time(seconds)} of about {in_time(about_seconds)}")

        environment = {**os.environ, "TMPDIR": str(self.scratch), **variables}
        try:
            code = run_logged(
                command, folder=folder, environment=environment, log=self.log, limit_seconds=limit_seconds, tick=tick
            )
        except (OSError, TimeLimitError) as error:
            raise AttemptFailedError(str(error)) from error
        if code != 0:
            output = self.log.read_text(encoding="utf-8", errors="replace")
            raise AttemptFailedError(last_line(output, f"exit code {code}"))
