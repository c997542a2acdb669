"""`preview` and `deploy`: the commands that Pulumi gets, their order, and what is printed when one fails."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from conducky.deployment import deploy as deploy_module
from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.errors import UserError
from conducky.repository import LAYERS, ROOT
from tests.fakes.pulumi import FakePulumi

Run = Callable[[FakePulumi], tuple[int, str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())


def deploy(pulumi: FakePulumi, *options: str, layer: str | None = None, yes: bool = False) -> tuple[int, str]:
    said = io.StringIO()
    cli = PulumiCli(Selection.of("dev", layer), pulumi.root)
    return deploy_module.deploy(cli, options, Console(file=said), yes=yes), said.getvalue()


def preview(pulumi: FakePulumi, *options: str, layer: str | None = None) -> tuple[int, str]:
    said = io.StringIO()
    cli = PulumiCli(Selection.of("dev", layer), pulumi.root)
    return deploy_module.preview(cli, options, Console(file=said)), said.getvalue()


def test_deploy_is_platform_then_services(pulumi: FakePulumi) -> None:
    assert deploy(pulumi) == (0, "» pulumi -C platform up --stack dev\n» pulumi -C services up --stack dev\n")
    assert pulumi.changes == ["-C platform up --stack dev --yes", "-C services up --stack dev --yes"]


def test_a_layer_that_is_named_goes_alone(pulumi: FakePulumi) -> None:
    deploy(pulumi, layer="bootstrap")
    assert pulumi.changes == ["-C bootstrap up --stack dev --yes"]


def test_pulumi_runs_at_the_root_with_the_locked_environment_first(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_LOCKED", "0")
    deploy(pulumi)
    for call in pulumi.calls:
        assert Path(call.folder) == pulumi.root.resolve()
        assert call.uv_locked == "1"
        assert Path(call.first_on_path) == pulumi.root / ".venv" / "bin"


def test_the_organisation_is_part_of_the_stack(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ORG", "acme")
    deploy(pulumi, layer="platform")
    assert pulumi.changes == ["-C platform up --stack acme/dev --yes"]


def test_on_a_terminal_pulumi_asks_itself(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    deploy(pulumi, layer="platform")
    deploy(pulumi, layer="platform", yes=True)
    monkeypatch.setenv("CI", "true")
    deploy(pulumi, layer="platform")
    assert pulumi.changes == [
        "-C platform up --stack dev",
        "-C platform up --stack dev --yes",
        "-C platform up --stack dev --yes",
    ]


def test_options_are_passed_on_and_not_shown(pulumi: FakePulumi) -> None:
    _, said = deploy(pulumi, "--config", "key=hunter2", layer="platform")
    assert pulumi.changes == ["-C platform up --stack dev --yes --config key=hunter2"]
    assert "hunter2" not in said


def test_deploy_stops_at_the_first_failure_with_its_code(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "up", code=4)
    code, said = deploy(pulumi)
    assert code == 4
    assert said == (
        "» pulumi -C platform up --stack dev\n"
        "✗ `pulumi -C platform up --stack dev` failed with exit code 4\n"
        "services was skipped. Fix platform and run `make deploy STACK=dev` again\n"
    )
    assert len(pulumi.changes) == 1


def test_a_missing_stack_is_said_beside_pulumis_own_line(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULUMI_ORG", "acme")
    pulumi.no_stack("services")
    code, said = deploy(pulumi, layer="services")
    assert code == 6
    assert said.endswith(
        "✗ services has no stack `acme/dev`: run `pulumi -C services stack init --stack acme/dev`, "
        "or correct STACK or PULUMI_ORG\n"
    )
    assert "error: no stack named 'dev' found" in capfd.readouterr().err


def test_not_logged_in_is_said_beside_pulumis_own_line(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "up", err="error: PULUMI_ACCESS_TOKEN must be set\n", code=3)
    code, said = deploy(pulumi)
    assert code == 3
    assert "✗ Pulumi is not logged in: run `pulumi login`, or set PULUMI_ACCESS_TOKEN\n" in said


@pytest.mark.parametrize("run", [deploy, preview])
def test_an_engine_without_a_language_host_runs_nothing(pulumi: FakePulumi, run: Run) -> None:
    pulumi.binary.with_name("pulumi-language-python").unlink()
    with pytest.raises(UserError, match="has no `pulumi-language-python` beside it or on PATH"):
        run(pulumi)
    assert pulumi.calls == []


def test_preview_is_in_the_same_order(pulumi: FakePulumi) -> None:
    pulumi.deployed("bootstrap")
    pulumi.deployed("platform")
    code, _ = preview(pulumi, "--diff")
    assert code == 0
    assert pulumi.changes == [
        "-C platform preview --stack dev --refresh=false --diff",
        "-C services preview --stack dev --refresh=false --diff",
    ]


@pytest.mark.parametrize(("deployed", "missing"), [([], "bootstrap"), (["bootstrap"], "platform")])
def test_a_first_preview_skips_what_cannot_be_previewed_yet(
    pulumi: FakePulumi, deployed: list[str], missing: str
) -> None:
    for layer in deployed:
        pulumi.deployed(layer)
    code, said = preview(pulumi)
    assert code == 0
    assert pulumi.changes == ["-C platform preview --stack dev --refresh=false"]
    last = said.splitlines()[-1]
    assert last.startswith("services is not previewed")
    assert f"`make deploy STACK=dev LAYER={missing}`" in last


def test_a_layer_asked_for_by_name_is_previewed_whatever_is_missing(pulumi: FakePulumi) -> None:
    pulumi.answer("services", "preview", code=1)
    code, _ = preview(pulumi, layer="services")
    assert code == 1
    assert pulumi.changes == ["-C services preview --stack dev --refresh=false"]


def test_a_failed_preview_ends_it(pulumi: FakePulumi) -> None:
    pulumi.answer("platform", "preview", code=1)
    assert preview(pulumi)[0] == 1
    assert len(pulumi.calls) == 1


def test_a_person_sees_the_monthly_cost_before_pulumi_asks(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    for folder in (*LAYERS, "backend", "frontend"):
        (pulumi.root / folder).rmdir() if (pulumi.root / folder).is_dir() else None
        (pulumi.root / folder).symlink_to(ROOT / folder)
    _, said = deploy(pulumi)
    first, *commands = said.splitlines()
    assert "dev costs about $49.43 a month" in first
    assert "make cost STACK=dev" in first
    assert commands[0].startswith("» pulumi -C platform up")


def test_a_cost_that_is_not_known_stops_nothing(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    code, said = deploy(pulumi)
    assert (code, len(pulumi.changes)) == (0, 2)
    assert "not known" in said.splitlines()[0]


def test_a_script_is_not_kept_waiting_for_the_cost(pulumi: FakePulumi) -> None:
    assert "costs" not in deploy(pulumi, yes=True)[1]
