"""docs/cost.md and its chart are what the code gives."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from conducky.cost.estimate import estimate
from conducky.repository import ROOT
from tools.docs.cost import CHART, PAGE, write_cost_page


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    (root / "docs").mkdir()
    shutil.copy(ROOT / PAGE, root / PAGE)
    write_cost_page(root)
    return root


@pytest.mark.parametrize("file", [PAGE, CHART], ids=str)
def test_it_is_current(written: Path, file: Path) -> None:
    assert (ROOT / file).read_text() == (written / file).read_text(), "run `make docs`"


def test_the_pages_name_what_an_http_api_costs() -> None:
    month = estimate("dev", region="us-east-1", changes={"platform": {"entrance": "http-api"}}).month
    for page in ("README.md", "docs/decisions/http-api.md"):
        assert f"${month}" in (ROOT / page).read_text(), (
            f"`dev` costs ${month} a month behind an HTTP API: correct {page}"
        )


@pytest.fixture(scope="module")
def month() -> Decimal:
    """Of `dev`."""
    return estimate("dev", region="us-east-1").month


@pytest.mark.parametrize("page", ["README.md", "docs/decisions/README.md", "docs/first-deployment.md"])
def test_the_total_that_pages_name_is_the_estimate(month: Decimal, page: str) -> None:
    assert f"${month} a month" in (ROOT / page).read_text(), f"`dev` costs ${month} a month now: correct {page}"
