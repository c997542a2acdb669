"""The real installer program, with no way out."""

from pathlib import Path

import pytest

from conducky.engine.attempt import Attempt, AttemptFailedError
from conducky.engine.release import install_release


def test_without_a_network_it_fails_at_once_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    attempt = Attempt(tmp_path / "tree", tmp_path / "scratch", tmp_path / "log", report=lambda _: None)
    attempt.tree.mkdir()
    attempt.scratch.mkdir()
    with pytest.raises(AttemptFailedError, match=r"the official download failed \(.*[Cc]onnection refused.*\)"):
        install_release(attempt)
    assert list(attempt.tree.iterdir()) == []
    assert list(attempt.scratch.iterdir()) == [], "the installer left something in its temporary folder"
