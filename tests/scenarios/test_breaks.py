"""Every seeded fault still finds the line that it changes, which a test without an engine sees at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.bad_releases import BAD_RELEASES, FAILED_MIGRATION
from tests.scenarios.faults import FAULTS, NO_WAIT_FOR_THE_RULE
from tests.scenarios.repository import copy_of, with_stand_ins

BREAKS = {each.name: each.breaks for each in (*FAULTS, NO_WAIT_FOR_THE_RULE, *BAD_RELEASES, FAILED_MIGRATION)}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_stand_ins(tmp_path_factory.mktemp("breaks") / "the repository")


@pytest.mark.parametrize("breaks", BREAKS.values(), ids=BREAKS)
def test_it_changes_a_copy(repository: Path, tmp_path: Path, breaks: Callable[[Path], object]) -> None:
    broken = copy_of(repository, tmp_path / "broken")
    breaks(broken)
    assert _texts(broken) != _texts(repository)


def _texts(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
