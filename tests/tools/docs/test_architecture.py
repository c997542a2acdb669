"""docs/architecture.md is what the programs are, and says what to run when a contract changes."""

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from conducky.contracts import MissingLayerError
from conducky.evaluation import Evaluation, evaluate
from conducky.repository import LAYERS, READS, ROOT
from tools.docs.architecture import CONTRACTS, PAGE, after_changes, architecture_parts, readers, write_architecture_page


@pytest.fixture(scope="module")
def parts() -> dict[str, str]:
    return architecture_parts()


def test_the_page_is_current(parts: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.docs.architecture.architecture_parts", lambda: parts)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / PAGE, tmp_path / PAGE)
    assert write_architecture_page(tmp_path).read_text("utf-8") == (ROOT / PAGE).read_text("utf-8"), "run `make docs`"


@pytest.mark.parametrize("layer", CONTRACTS)
def test_a_layer_whose_outputs_changed_is_deployed_before_those_that_read_them(layer: str) -> None:
    (row,) = (line for line in after_changes().splitlines() if f"`{CONTRACTS[layer].__name__}`" in line)
    commands = re.findall(r"make deploy LAYER=(\w+)", row)
    assert commands == [layer, *readers(layer)]
    assert commands == sorted(commands, key=LAYERS.index)
    assert ("as an AWS admin" in row) == (layer == "bootstrap")


@pytest.mark.parametrize(("reader", "layer"), [(reader, layer) for reader in LAYERS for layer in LAYERS])
def test_a_layer_is_named_as_read_when_its_reader_cannot_do_without(
    reader: str, layer: str, services: Evaluation, platform: Evaluation, bootstrap: Evaluation
) -> None:
    if LAYERS.index(layer) >= LAYERS.index(reader):
        assert reader not in readers(layer)
        return
    made = {"bootstrap": bootstrap, "platform": platform, "services": services}
    upstream = {below: made[below].exports for below in LAYERS if below != layer}
    if layer not in READS[reader]:
        assert evaluate(reader, upstream=upstream).exports
        return
    with pytest.raises(MissingLayerError, match=rf"{layer}/dev"):
        evaluate(reader, upstream=upstream)


@pytest.mark.parametrize(
    ("layer", "output"), [(layer, name) for layer, contract in CONTRACTS.items() for name in contract.model_fields]
)
def test_every_output_of_a_contract_is_on_the_page_and_missed_where_it_is_gone(
    parts: dict[str, str], request: pytest.FixtureRequest, layer: str, output: str
) -> None:
    assert f"| `{output}` | {layer} | " in parts["contracts"]
    exports = dict(request.getfixturevalue(layer).exports)
    assert CONTRACTS[layer].problem_in(exports) is None
    del exports[output]
    assert CONTRACTS[layer].problem_in(exports) == f"exports no `{output}`"


def test_only_the_backend_reaches_the_database(parts: dict[str, str]) -> None:
    into = re.findall(r"(\S+) -- \"\d+\" --> database", parts["groups"])
    assert into == ["backend"]


@pytest.mark.parametrize(
    ("entrance", "way"),
    [
        ("load-balancer", ["browser", "balancer", "backend", "database"]),
        ("cloudfront", ["browser", "cdn", "balancer", "backend", "database"]),
        ("http-api", ["browser", "api", "backend", "database"]),
    ],
)
def test_a_request_finds_its_way_from_the_browser_to_the_database(
    parts: dict[str, str], entrance: str, way: list[str]
) -> None:
    arrows = re.findall(r"^  (\w+)\S* -- \"[^\"]+\" --> (\w+)", parts[f"request-{entrance}"], re.MULTILINE)
    for arrow in pairwise(way):
        assert arrow in [(re.sub(r"\(.*", "", source), target) for source, target in arrows], arrow
