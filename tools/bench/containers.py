"""How long the real images take in a rehearsal, once they are built."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from conducky.engine.ensure import ensure_engine
from conducky.engine.events import LayerProgress
from conducky.errors import UserError
from conducky.rehearsal.containers import find_engine
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import LAYERS
from tests.applications.sample import sample_for_containers
from tools.bench.row import Row

_UP_SECONDS, _AGAIN_SECONDS = 40.0, 10.0


def measure_containers() -> Iterator[Row]:
    """All layers up with both images built before, then again with nothing changed.

    Raises:
        UserError: there is no container engine.
        LayerFailedError: it cannot build or run the images.
    """
    if (engine := find_engine("auto")) is None:
        raise UserError("no container engine answers", "run `make container-engine`")
    with tempfile.TemporaryDirectory() as folder:
        # On a stand-in for the official image where no registry can be reached
        root = sample_for_containers(engine, Path(folder))
        with _rehearsal(root) as rehearsal:
            _up(rehearsal)
        with _rehearsal(root) as rehearsal:
            yield Row.at_most("in containers, images built: three layers up", _up(rehearsal), _UP_SECONDS, "s")
            yield Row.at_most("the same again, nothing changed", _up(rehearsal), _AGAIN_SECONDS, "s")


def _rehearsal(root: Path) -> Rehearsal:
    engine = ensure_engine(lambda _line: None)
    return Rehearsal("dev", engine=engine, port=8080, progress=lambda _line: None, root=root, runtime="containers")


def _up(rehearsal: Rehearsal) -> float:
    begin = time.monotonic()
    for layer in LAYERS:
        rehearsal.up(layer, LayerProgress())
    return time.monotonic() - begin
