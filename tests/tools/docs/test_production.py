"""docs/production.md names what each step costs, as the code estimates it."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from conducky.repository import ROOT
from tools.docs.production import PAGE, STEPS, bills, write_production_page


@pytest.fixture(scope="module")
def months() -> dict[str, Decimal]:
    return bills()


def test_the_page_is_current(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / PAGE, tmp_path / PAGE)
    assert write_production_page(tmp_path).read_text("utf-8") == (ROOT / PAGE).read_text("utf-8"), "run `make docs`"


def test_it_names_what_cloudfront_saves(months: dict[str, Decimal]) -> None:
    """An internal load balancer has no public addresses."""
    saved = months[STEPS[1].what] - months[STEPS[2].what]
    assert saved > 0
    assert f"which saves ${saved} a month" in (ROOT / PAGE).read_text("utf-8")


def test_certificates_and_domains_are_free_but_the_zone(months: dict[str, Decimal]) -> None:
    _, off, cloudfront, domain, certificate, zone = months.values()
    assert certificate == off
    assert zone - off == domain - cloudfront == Decimal("0.50")
