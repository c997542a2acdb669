"""How long the tests take, with everything set up before the clock starts."""

import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conducky.repository import ROOT
from tools.bench.row import Row


@dataclass(frozen=True)
class Target:
    """A target of the Makefile, and how many seconds it should stay under on two processors."""

    name: str
    seconds: int


TARGETS = (Target("unit", 60), Target("test", 480))


def measure_checks(root: Path = ROOT) -> Iterator[Row]:
    """Each target once; a run that fails has its figure too, and says so."""
    for target in TARGETS:
        begin = time.monotonic()
        done = subprocess.run(
            ["make", "--silent", target.name], cwd=root, stdout=subprocess.PIPE, text=True, check=False
        )
        seconds = f"{time.monotonic() - begin:.0f} s"
        counted = re.findall(r"^=* ?((?:\d+ \w+(?:, )?)+) in [\d.]+s", done.stdout, re.MULTILINE)
        outcome = counted[-1] if counted else "no test ran" if done.returncode else "done"
        figure = f"{seconds} ({outcome})" if done.returncode == 0 else f"failed after {seconds} ({outcome})"
        yield Row(f"make {target.name}", figure, f"under {target.seconds} s")
