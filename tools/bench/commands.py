"""How long the main commands take."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from conducky.cache import cache_folder
from conducky.repository import ROOT
from tools.bench.row import Row
from tools.tracked import copy_tracked

_EVALUATE = "from conducky.evaluation.evaluate import evaluate; evaluate({layer!r})"


def measure_commands(*, fresh: bool) -> Iterator[Row]:
    """Each layer's program, and a rehearsal with everything built; `fresh`: also one in a new clone."""
    for layer, limit in (("bootstrap", 1.5), ("platform", 1.5), ("services", 3)):
        seconds, cpu = _evaluation(layer)
        what = f"{layer} evaluated under mocks, in a process of its own"
        yield Row.at_most(what, cpu, limit, "CPU s", f" ({seconds:.1f} s by the clock)")
    if fresh:
        yield Row.at_most("fresh clone to healthy, engine at hand", _fresh_copy(), 180, "s")
    _rehearse(ROOT, {})
    phases = _rehearse(ROOT, {})
    for phase in ("bootstrap", "platform", "services", "checks"):
        yield Row(f"rehearsal, applications built: {phase}", _shown(phases[phase]))
    up = sum(phases[layer] for layer in ("bootstrap", "platform", "services"))
    yield Row("rehearsal, applications built: three layers up", _shown(up))
    yield Row.at_most("the same, with checks", phases["total"], 15, "s")
    yield Row.at_most("removing everything", phases["destroy"], 2, "s")


def _shown(seconds: float) -> str:
    return f"{seconds:.1f} s"


def _evaluation(layer: str) -> tuple[float, float]:
    """Seconds by the clock and of a processor."""
    begin, before = time.monotonic(), os.times()
    subprocess.run([sys.executable, "-c", _EVALUATE.format(layer=layer)], cwd=ROOT, check=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - begin, cpu


def _rehearse(root: Path, variables: Mapping[str, str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / "out.json"
        subprocess.run(
            ["make", "--silent", "rehearse", f"ARGS=--once --runtime host --json-file '{outcome}'"],
            cwd=root,
            env={**os.environ, **variables},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return json.loads(outcome.read_text())["seconds"]


def _fresh_copy() -> float:
    """A copy with nothing installed; the engine is copied from your cache, npm's own cache stays."""
    with tempfile.TemporaryDirectory() as folder:
        copy, cache = copy_tracked(Path(folder) / "copy"), Path(folder) / "cache"
        if (cache_folder() / "engine").is_dir():
            shutil.copytree(cache_folder() / "engine", cache / "engine")
        begin = time.monotonic()
        phases = _rehearse(copy, {"CONDUCKY_CACHE": str(cache)})
        return time.monotonic() - begin - phases["destroy"]
