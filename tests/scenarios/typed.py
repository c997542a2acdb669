"""A person who types the commands of docs/runbook.md and docs/maintenance.md, in order, on a rehearsal that runs."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import LAYERS, ROOT
from tests.fakes.aws import deployment as ended
from tests.fakes.aws import fake_aws, service
from tests.fakes.gh import FakeGh, fake_gh
from tests.fakes.pulumi import fake_pulumi
from tests.makefile import dry_run
from tests.scenarios.day_two import CONDUCKY, start
from tests.scenarios.deployment import QUIET, up

PAGES = "\n".join((ROOT / "docs" / page).read_text("utf-8") for page in ("runbook.md", "maintenance.md"))
# Everything that asks nothing of AWS by itself: the others have the option `--rehearsal`.
ON_AWS = {"doctor", "verify", "cost"}
ASKS = {("rollback",), ("database", "restore"), ("database", "forget"), ("database", "rotate-password")}


def answer(question: str) -> list[str]:
    """The commands of one answer of the pages, in order."""
    text = re.split(rf"^## {re.escape(question)}$", PAGES, flags=re.MULTILINE)[1]
    blocks = re.findall(r"```sh\n(.*?)```", text.split("\n## ")[0], re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@dataclass
class Person:
    """`rehearsals` are those that run, by stack; `instead` replaces words of the pages that are examples."""

    rehearsals: Mapping[str, Rehearsal]
    root: Path
    scratch: Path
    patch: pytest.MonkeyPatch
    instead: Mapping[str, str] = field(default_factory=dict[str, str])
    printed: list[str] = field(default_factory=list[str])

    def types(self, question: str, **codes: int) -> str:
        """Type every command of one answer; `codes` are the exit codes of commands that end with another than 0."""
        begin = len(self.printed)
        self._show(f"\n## {question}\n")
        for line in answer(question):
            self.type(line, codes)
        return "\n".join(self.printed[begin:])

    def type(self, line: str, codes: Mapping[str, int] | None = None) -> None:
        """Run one line, as it is written on the page."""
        for example, real in self.instead.items():
            line = re.sub(rf"\b{re.escape(example)}\b", real, line)
        self._show(f"$ {line}")
        words = shlex.split(line)
        match words:
            case ["conducky", *rest]:
                self._conducky(rest, (codes or {}).get(rest[0], 0))
            case ["make", *_]:
                self._make(words)
            case ["export", assignment]:
                self.patch.setenv(*assignment.split("=", 1))
            case ["cp", old, new]:
                shutil.copy(self.root / old, self.root / new)
            case ["pulumi", "-C", layer, "config", "set", key, value, "--stack", "dev"]:
                self.rehearsals["dev"].layer(layer).set_config(key, value)
            case ["pulumi", "-C", layer, "config", "rm", key, "--stack", "dev"]:
                self.rehearsals["dev"].layer(layer).set_config(key, None)
            case ["openssl", *_]:
                self._shell(line)
            case _:
                raise AssertionError(f"nobody knows how to try `{line}`")

    def _show(self, text: str) -> None:
        self.printed.append(text)
        sys.stdout.write(f"{text}\n")

    def _ended(self, process: "subprocess.Popen[str]", code: int = 0) -> None:
        out, err = process.communicate(timeout=280)
        shown = "\n".join(part.rstrip() for part in (err, out) if part.strip())
        self._show(shown)
        assert process.returncode == code, shown
        assert "Traceback" not in shown
        for rehearsal in self.rehearsals.values():
            assert rehearsal.account.redact(shown) == shown, "a secret is shown"

    def _conducky(self, words: list[str], code: int) -> None:
        if words[0] in ON_AWS:
            self._on_aws(words, code)
            return
        verb = tuple(words[:2] if words[0] == "database" else words[:1])
        at = words.index("--") if "--" in words else len(words)
        answers = ["--yes"] if verb in ASKS and "--forward" not in words else []
        stack = words[words.index("--stack") + 1] if "--stack" in words else "dev"
        process = start(self.rehearsals[stack], *words[:at], *answers, *words[at:])
        self._ended(process, code)

    def _on_aws(self, words: list[str], code: int) -> None:
        """Commands without a rehearsal, on a fake AWS that has the same release."""
        rehearsal = self.rehearsals["dev"]
        outputs = rehearsal.layer("services").exports() if words[0] == "verify" else {}
        outputs |= {f"{name}_url": rehearsal.url() for name in ("backend", "frontend")}
        with pytest.MonkeyPatch.context() as patch, fake_aws() as aws:
            assert aws.server
            folder = self.scratch / f"on aws {len(self.printed)}"
            folder.mkdir()
            pulumi = fake_pulumi(folder, patch)
            pulumi.answer("services", "output", out=json.dumps(outputs))
            fake_gh(folder / "gh", patch)
            arns = {name: outputs.get(f"{name}_task_definition_arn", "") for name in ("backend", "frontend")}
            aws.services(*(service(name, ended(str(arn))) for name, arn in arns.items()))
            aws.task_variable("APP_REVISION", "build-7")
            environment = {**os.environ, "AWS_ENDPOINT_URL": aws.server.address, "COLUMNS": "200", "NO_COLOR": "1"}
            environment |= {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE", "AWS_SECRET_ACCESS_KEY": "fake"}
            self._ended(self._started([str(CONDUCKY), *words], environment), code)

    def _make(self, words: list[str]) -> None:
        """What the Makefile runs, brought up or removed by the rehearsal."""
        _, _, verb, *options = shlex.split(dry_run(*words[1:], check=True).stdout.splitlines()[-1])
        chosen = dict(zip(options[::2], options[1::2], strict=True))
        rehearsal = self.rehearsals[chosen["--stack"]]
        layers = [chosen["--layer"]] if "--layer" in chosen else ["platform", "services"]
        assert set(layers) <= set(LAYERS)
        if verb == "destroy":
            for layer in reversed(layers):
                rehearsal.destroy(layer, QUIET)
                self._show(f"{layer}: removed")
            return
        assert verb == "deploy"
        for layer, result in up(rehearsal, *layers).items():
            self._show(f"{layer}: {result.changes}")

    def _shell(self, line: str) -> None:
        """A pipe into `gh`, or into the real Pulumi with the rehearsal's state."""
        layer = self.rehearsals["dev"].layer("services")
        variables = layer._variables  # pyright: ignore[reportPrivateUsage]
        engine = str(Path(self.rehearsals["dev"].engine.command).parent)
        path = os.pathsep.join([str(self.github.folder), engine, os.environ["PATH"]])
        folder = layer._work.parent  # pyright: ignore[reportPrivateUsage]
        self._ended(self._started(["sh", "-c", line], {**os.environ, **variables, "PATH": path}, folder))

    @property
    def github(self) -> FakeGh:
        """GitHub, with what the person has stored there."""
        folder = self.scratch / "gh"
        if not folder.exists():
            with pytest.MonkeyPatch.context() as patch:
                fake_gh(folder, patch)
        return FakeGh(folder)

    def setting(self, layer: str, name: str) -> object:
        """What Pulumi's own stack file has for a setting."""
        file = self.rehearsals["dev"].layer(layer)._settings  # pyright: ignore[reportPrivateUsage]
        return yaml.safe_load(file.read_text("utf-8"))["config"].get(f"conducky-{layer}:{name}")

    @staticmethod
    def _started(
        words: list[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, env=dict(environment), cwd=folder
        )
