"""Measure how long the main commands take; prints figures, asserts nothing.

make bench                    the commands in this folder, as warm as it is
make bench ARGS=--fresh       also a fresh clone with empty caches, the engine at hand
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
EVALUATE = "from conducky.program import evaluate; evaluate({layer!r})"


def main() -> None:
    """Run every measurement that was asked for."""
    table = Table(box=None, header_style="dim")
    for column in ("what", "seconds", "target"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for layer in ("bootstrap", "platform"):
        table.add_row(
            f"{layer} evaluated under mocks, in a process of its own", _seconds(EVALUATE.format(layer=layer)), "about 1"
        )
    table.add_row("services, with the two layers below", _seconds(EVALUATE.format(layer="services")), "")
    if "--fresh" in sys.argv:
        table.add_row("fresh clone to healthy, engine at hand", f"{_fresh_clone():.1f}", "under 180")
    _rehearse(ROOT, {})
    phases = _rehearse(ROOT, {})
    for phase in ("bootstrap", "platform", "services", "checks"):
        table.add_row(f"rehearsal, applications built: {phase}", f"{phases[phase]:.1f}", "")
    up = sum(phases[layer] for layer in ("bootstrap", "platform", "services"))
    table.add_row("rehearsal, applications built: three layers up", f"{up:.1f}", "under 25")
    table.add_row("the same, with checks", f"{phases['total']:.1f}", "under 30")
    table.add_row("removing everything", f"{phases['destroy']:.1f}", "")
    Console().print(table)


def _seconds(code: str) -> str:
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return f"{time.monotonic() - begin:.1f}"


def _rehearse(root: Path, variables: Mapping[str, str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / "out.json"
        subprocess.run(
            ["make", "--silent", "rehearse", f"ARGS=--once --json '{outcome}'"],
            cwd=root,
            env={**os.environ, **variables},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return json.loads(outcome.read_text())["seconds"]


def _fresh_clone() -> float:
    """A clone with nothing installed; the engine is copied from this machine's cache, npm's own cache stays."""
    from conducky.cache import cache_folder  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        clone, cache = Path(folder) / "clone", Path(folder) / "cache"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        if (cache_folder() / "engine").is_dir():
            shutil.copytree(cache_folder() / "engine", cache / "engine")
        begin = time.monotonic()
        phases = _rehearse(clone, {"CONDUCKY_CACHE": str(cache)})
        return time.monotonic() - begin - phases["destroy"]


if __name__ == "__main__":
    main()
