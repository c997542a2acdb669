"""A session-manager-plugin that only notes how it was called, and then does what a test tells it to."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.script import write_script

_PLUGIN = r"""#!/bin/sh
if [ "$1" = --version ]; then echo "@VERSION@"; exit; fi
for word in "$@"; do printf '%s\n' "$word"; done >"@FOLDER@/words"
printf '%s' "$AWS_SSM_START_SESSION_RESPONSE" >"@FOLDER@/session"
@SCRIPT@
"""


@dataclass(frozen=True)
class FakePlugin:
    """`folder` holds what it was called with."""

    folder: Path

    @property
    def words(self) -> list[str]:
        file = self.folder / "words"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def session(self) -> dict[str, Any]:
        return json.loads((self.folder / "session").read_text())


def fake_plugin(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, script: str = "", version: str = "1.2.707.0"
) -> FakePlugin:
    """Put one on PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    content = _PLUGIN.replace("@VERSION@", version).replace("@FOLDER@", str(folder)).replace("@SCRIPT@", script)
    write_script(folder / "session-manager-plugin", content)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakePlugin(folder)
