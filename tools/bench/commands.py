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

_EVALUATE = "from conducky.evaluation.evaluate import evaluate; evaluate({layer!r})"


def measure_commands(*, fresh: bool) -> Iterator[Row]:
    """Each layer's program, and a rehearsal with everything built; `fresh`: also one in a new clone."""
    for layer in ("bootstrap", "platform"):
        yield Row(f"{layer} evaluated under mocks, in a process of its own", _evaluation(layer), "about 1 s")
    yield Row("services, with the two layers below", _evaluation("services"))
    if fresh:
        yield Row("fresh clone to healthy, engine at hand", _shown(_fresh_clone()), "under 180 s")
    _rehearse(ROOT, {})
    phases = _rehearse(ROOT, {})
    for phase in ("bootstrap", "platform", "services", "checks"):
        yield Row(f"rehearsal, applications built: {phase}", _shown(phases[phase]))
    up = sum(phases[layer] for layer in ("bootstrap", "platform", "services"))
    yield Row("rehearsal, applications built: three layers up", _shown(up), "under 25 s")
    yield Row("the same, with checks", _shown(phases["total"]), "under 30 s")
    yield Row("removing everything", _shown(phases["destroy"]))


def _shown(seconds: float) -> str:
    return f"{seconds:.1f} s"


def _evaluation(layer: str) -> str:
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", _EVALUATE.format(layer=layer)], cwd=ROOT, check=True)
    return _shown(time.monotonic() - begin)


def _rehearse(root: Path, variables: Mapping[str, str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / "out.json"
        subprocess.run(
            ["make", "--silent", "rehearse", f"ARGS=--once --runtime host --json '{outcome}'"],
            cwd=root,
            env={**os.environ, **variables},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return json.loads(outcome.read_text())["seconds"]


def _fresh_clone() -> float:
    """A clone with nothing installed; the engine is copied from your cache, npm's own cache stays."""
    with tempfile.TemporaryDirectory() as folder:
        clone, cache = Path(folder) / "clone", Path(folder) / "cache"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        if (cache_folder() / "engine").is_dir():
            shutil.copytree(cache_folder() / "engine", cache / "engine")
        begin = time.monotonic()
        phases = _rehearse(clone, {"CONDUCKY_CACHE": str(cache)})
        return time.monotonic() - begin - phases["destroy"]
