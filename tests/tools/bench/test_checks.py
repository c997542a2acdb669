"""The bench's table of test times."""

from pathlib import Path

import pytest

from tools.bench.checks import TARGETS, measure_checks

MAKEFILE = """
unit:
\t@echo "=== 12 passed, 3 deselected in 1.25s ==="
test:
\t@echo "lint"; echo "2 failed, 10 passed in 61.02s (0:01:01)"; exit 2
"""


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    return {row.what: row.figure for row in measure_checks(tmp_path)}


def test_a_row_for_each_target_with_its_target(rows: dict[str, str]) -> None:
    assert [*rows] == [f"make {target.name}" for target in TARGETS] == ["make unit", "make test"]


def test_it_says_how_many_tests_ran_and_that_some_failed(rows: dict[str, str]) -> None:
    assert rows["make unit"].endswith(" s (12 passed, 3 deselected)")
    assert rows["make test"].startswith("failed after ")
    assert rows["make test"].endswith(" s (2 failed, 10 passed)")
