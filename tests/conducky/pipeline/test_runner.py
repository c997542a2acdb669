"""Pulumi on a runner, and the stack that the first deployment needs."""

import shutil
from pathlib import Path

import pytest

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.errors import UserError
from conducky.pipeline import stacks as runner_module
from tests.fakes.pulumi import FakePulumi
from tests.fakes.runner import Runner


def test_a_pulumi_that_is_new_enough_is_left_where_it_is(pulumi: FakePulumi, runner: Runner) -> None:
    runner_module.provide_pulumi(lambda _: None)
    assert runner.path == ""


def test_one_that_was_got_goes_onto_the_path(
    pulumi: FakePulumi, runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    got = shutil.copytree(pulumi.binary.parent, tmp_path / "cache" / "bin") / "pulumi"
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    def ensure(_: object) -> Path:
        return got

    monkeypatch.setattr("conducky.pipeline.stacks.ensure_engine", ensure)
    runner_module.provide_pulumi(lambda _: None)
    assert runner.path == f"{got.parent}\n"


def test_a_bare_engine_is_refused(pulumi: FakePulumi, runner: Runner) -> None:
    pulumi.binary.with_name("pulumi-language-python").unlink()
    with pytest.raises(UserError, match="so it cannot run Python"):
        runner_module.provide_pulumi(lambda _: None)
    assert runner.path == ""


def provide_stack(pulumi: FakePulumi, layer: str | None) -> list[str]:
    said: list[str] = []
    runner_module.provide_stack(PulumiCli(Selection.of("dev", layer), pulumi.root), said.append)
    return said


def test_a_missing_stack_is_created(pulumi: FakePulumi) -> None:
    pulumi.no_stack("platform")
    assert provide_stack(pulumi, "platform") == ["created the stack acme/dev of platform, which did not exist yet"]
    assert pulumi.calls[-1].words == "-C platform stack init --stack acme/dev --non-interactive"


def test_one_that_exists_is_left_alone(pulumi: FakePulumi) -> None:
    assert provide_stack(pulumi, None) == []
    assert [call.words.split(" --")[0] for call in pulumi.calls] == [
        "-C platform stack export",
        "-C services stack export",
    ]


def test_a_stack_that_cannot_be_created_is_said(pulumi: FakePulumi) -> None:
    pulumi.no_stack("platform")
    pulumi.answer("platform", "init", err="error: no such organisation\n", code=1)
    with pytest.raises(UserError, match="no such organisation"):
        provide_stack(pulumi, "platform")
