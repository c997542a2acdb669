"""The commands as a whole, from their options to their exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.pulumi import FakePulumi

pytestmark = pytest.mark.engine

CONDUCKY = Path(sys.executable).with_name("conducky")


def conducky(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CONDUCKY, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_commands_take_options_for_pulumi(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_ORG")
    pulumi.answer("services", "preview", out="the preview\n")
    result = conducky("preview", "--stack", "prod", "--layer", "services", "--diff", "--message", "a b")
    assert result.returncode == 0
    assert pulumi.changes == ["-C services preview --stack prod --refresh=false --diff --message a b"]
    assert result.stdout == "the preview\n", "a script may read what Pulumi prints"
    assert result.stderr == "» pulumi -C services preview --stack prod\n"


def test_a_refusal_is_one_line_and_exit_code_1(pulumi: FakePulumi) -> None:
    pulumi.deployed("services")
    result = conducky("destroy", "--confirm", "prod")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("✗ nothing was removed: `prod` is not the name of the stack: run ")
    assert pulumi.changes == []
