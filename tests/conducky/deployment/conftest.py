"""A machine for deployments."""

import os
from pathlib import Path

import pytest

from tests.conducky.deployment.fake_pulumi import FAKE_PULUMI, FakePulumi, write_script


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """All of Pulumi on PATH, logged in, with empty stacks in each layer; no terminal, no CI, no organisation."""
    made = FakePulumi(tmp_path / "a bin" / "pulumi", tmp_path / "answers", tmp_path / "a repository")
    for folder in (made.binary.parent, made.answers, made.root):
        folder.mkdir()
    write_script(made.binary, FAKE_PULUMI)
    write_script(made.binary.with_name("pulumi-language-python"), "#!/bin/sh\n")
    for layer in ("bootstrap", "platform", "services"):
        made.answer(layer, "export", out='{"version": 3, "deployment": {"manifest": {}}}')
        made.answer(layer, "output", out="{}\n")
    monkeypatch.setenv("PATH", f"{made.binary.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FAKE_ANSWERS", str(made.answers))
    for name in ("CI", "PULUMI_ORG", "UV_LOCKED"):
        monkeypatch.delenv(name, raising=False)
    return made
