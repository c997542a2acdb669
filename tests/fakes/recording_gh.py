"""A `gh` on PATH that only records how it is called, and fails as a test tells it to."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.script import write_script

_GH = r"""#!/bin/sh
printf '%s\n' "$*" >>"$FAKE_GH/calls"
printf '%s\n' "$GH_PROMPT_DISABLED" >>"$FAKE_GH/prompts"
case "$1 $2" in "secret set") cat >>"$FAKE_GH/stdin" ;; esac
name=$1.$2
[ ! -f "$FAKE_GH/$name.err" ] || cat "$FAKE_GH/$name.err" >&2
[ ! -f "$FAKE_GH/$name.echo" ] || cat "$FAKE_GH/stdin" >&2
[ ! -f "$FAKE_GH/$name.code" ] || exit "$(cat "$FAKE_GH/$name.code")"
"""


@dataclass(frozen=True)
class RecordingGh:
    """`folder` holds what it answers and what it was told."""

    folder: Path
    binary: Path

    def fails(self, verb: str, said: str, code: int = 1) -> None:
        """`gh secret set` and so on, as `secret.set`, ends this way."""
        (self.folder / f"{verb}.err").write_text(said)
        (self.folder / f"{verb}.code").write_text(str(code))

    def _read(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""

    @property
    def calls(self) -> list[str]:
        return self._read("calls").splitlines()

    @property
    def stored(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self._read("stdin").splitlines())


def recording_gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingGh:
    """Put one on PATH, signed in, and with rights to every repository."""
    made = RecordingGh(tmp_path / "gh answers", tmp_path / "a bin" / "gh")
    for folder in (made.folder, made.binary.parent):
        folder.mkdir()
    write_script(made.binary, _GH)
    monkeypatch.setenv("PATH", f"{made.binary.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FAKE_GH", str(made.folder))
    monkeypatch.delenv("GH_HOST", raising=False)
    return made
