"""A machine with a Pulumi that only notes how it is called and answers what a test tells it to."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.script import write_script

FAKE_PULUMI = r"""#!/bin/sh
if [ "$1" = version ]; then echo v3.256.0; exit; fi
case $3 in stack) verb=$4 ;; *) verb=$3 ;; esac
answers=$FAKE_ANSWERS/$2.$verb
printf '%s\t%s\t%s\t%s\n' "$*" "$(pwd -P)" "$UV_LOCKED" "${PATH%%:*}" >>"$FAKE_ANSWERS/calls"
is_told() { for file in "$answers".*; do [ -e "$file" ]; done; }
is_told || case $verb in export) echo '{"version": 3, "deployment": {"manifest": {}}}' ;; output) echo '{}' ;; esac
[ ! -f "$answers.out" ] || cat "$answers.out"
[ ! -f "$answers.err" ] || cat "$answers.err" >&2
[ ! -f "$answers.sh" ] || . "$answers.sh"
[ ! -f "$answers.code" ] || exit "$(cat "$answers.code")"
"""


@dataclass(frozen=True)
class Call:
    """One call of the fake Pulumi."""

    words: str
    folder: str
    uv_locked: str
    first_on_path: str


@dataclass(frozen=True)
class FakePulumi:
    """`answers` holds what it answers, and what it was called with; `root` is the folder of the three layers."""

    binary: Path
    answers: Path
    root: Path

    def answer(self, layer: str, verb: str, *, out: str = "", err: str = "", code: int = 0, script: str = "") -> None:
        """What `pulumi -C layer verb` (or `… stack verb`) prints, then does in its shell, and its exit code."""
        for ending, content in {"out": out, "err": err, "sh": script, "code": str(code or "")}.items():
            file = self.answers / f"{layer}.{verb}.{ending}"
            if content:
                file.write_text(content)
            else:
                file.unlink(missing_ok=True)

    def no_stack(self, layer: str) -> None:
        for verb in ("export", "output", "up", "preview", "destroy"):
            self.answer(layer, verb, err="error: no stack named 'dev' found\n", code=6)

    def deployed(self, layer: str, *resources: dict[str, Any]) -> None:
        """The state that its stack has: these resources, and what Pulumi adds of its own."""
        stack = {
            "urn": f"urn:pulumi:dev::conducky-{layer}::pulumi:pulumi:Stack::conducky-{layer}-dev",
            "type": "pulumi:pulumi:Stack",
            "custom": False,
            "outputs": {"name_prefix": "conducky-dev-"},
        }
        provider = {
            "urn": f"urn:pulumi:dev::conducky-{layer}::pulumi:providers:aws::default",
            "type": "pulumi:providers:aws",
            "custom": True,
        }
        state = {"version": 3, "deployment": {"resources": [stack, provider, *resources]}}
        self.answer(layer, "export", out=json.dumps(state))
        self.answer(layer, "output", out='{"name_prefix": "conducky-dev-"}')

    @property
    def calls(self) -> list[Call]:
        file = self.answers / "calls"
        return [Call(*line.split("\t")) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def changes(self) -> list[str]:
        """The calls that were more than questions."""
        return [call.words for call in self.calls if " stack " not in call.words.split("--stack")[0]]


def fake_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """Put one on PATH, alone but for the system's own tools."""
    made = FakePulumi(tmp_path / "a bin" / "pulumi", tmp_path / "answers", tmp_path / "a repository")
    for folder in (made.binary.parent, made.answers, made.root):
        folder.mkdir()
    write_script(made.binary, FAKE_PULUMI)
    write_script(made.binary.with_name("pulumi-language-python"), "#!/bin/sh\n")
    monkeypatch.setenv("PATH", f"{made.binary.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FAKE_ANSWERS", str(made.answers))
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "a cache"))  # Without the engine of `make engine`
    for name in ("CI", "PULUMI_ORG", "UV_LOCKED"):
        monkeypatch.delenv(name, raising=False)
    return made


def resource(kind: str, name: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401
    """A resource in AWS as an exported state has it."""
    return {"urn": f"urn:pulumi:dev::conducky::{kind}::{name}", "type": kind, "custom": True, **properties}
