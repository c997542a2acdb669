from pathlib import Path

import pytest

from conducky.engine import ensure_engine
from conducky.rehearsal.rehearsal import Rehearsal, texts_below


def test_files_of_the_same_name_are_all_read(tmp_path: Path) -> None:
    """The check for secrets once saw one layer's state only, as each of them is called `dev.json`."""
    for layer in ("platform", "services"):
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "dev.json").write_text(f"the state of {layer}")
    assert texts_below(tmp_path) == {
        "platform/dev.json": "the state of platform",
        "services/dev.json": "the state of services",
    }


@pytest.mark.engine
def test_no_part_of_a_rehearsal_is_open_to_other_users() -> None:
    """State, backups and settings hold secrets, if only encrypted; what must be passed through cannot be listed."""
    with Rehearsal("dev", engine=ensure_engine(lambda _: None), port=18400, progress=lambda _: None) as rehearsal:
        rehearsal.layer("bootstrap")
        rehearsal.folder.own_folder("tasks", "backend")
        modes = {path.name: path.stat().st_mode & 0o777 for path in rehearsal.folder.path.iterdir()}
        assert {"state", "home", "layers", "engine", "logs", "tmp", "tasks", "lock", "processes"} <= set(modes)
        assert {name for name, mode in modes.items() if mode & 0o066} == set()
        assert {name for name, mode in modes.items() if mode & 0o077} <= {"ca", "tasks", "tools", "builds"}
