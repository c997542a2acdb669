"""The real installer program, with no way out."""

from pathlib import Path

import pytest

from conducky.engine.attempt import WayFailedError, Workplace
from conducky.engine.release import install_release


def test_without_a_network_it_fails_at_once_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    place = Workplace(tmp_path / "tree", tmp_path / "scratch", tmp_path / "log", progress=lambda _: None)
    place.tree.mkdir()
    place.scratch.mkdir()
    with pytest.raises(WayFailedError, match=r"the official download failed \(.*[Cc]onnection refused.*\)"):
        install_release(place)
    assert list(place.tree.iterdir()) == []
    assert list(place.scratch.iterdir()) == [], "the installer left something in its temporary folder"
