"""Which of several rehearsals a command is about."""

import os
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.operations import rehearsed
from conducky.operations.rehearsed import RehearsalClient, find_rehearsal
from conducky.rehearsal import SOCKET


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two rehearsals of dev, the second started later."""

    def answer(_client: RehearsalClient, _call: str) -> dict[str, object]:
        return {"stack": "dev", "region": "us-east-1", "account": "1", "outputs": {}}

    monkeypatch.setattr(rehearsed.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(RehearsalClient, "call", answer)
    monkeypatch.delenv("CONDUCKY_REHEARSAL", raising=False)
    found = [tmp_path / f"conducky-rehearsal-{name}" for name in "ab"]
    for started, folder in enumerate(found):
        (folder / SOCKET).parent.mkdir(parents=True)
        (folder / SOCKET).touch()
        os.utime(folder / SOCKET, (started, started))
    return found


def test_the_one_that_was_started_last_is_used(folders: list[Path]) -> None:
    assert find_rehearsal("dev")[0].path == folders[1] / SOCKET


def test_the_keys_of_a_screen_are_about_its_own(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDUCKY_REHEARSAL", str(folders[0]))
    assert find_rehearsal("dev")[0].path == folders[0] / SOCKET
    with pytest.raises(UserError, match="only of dev"):
        find_rehearsal("prod")
