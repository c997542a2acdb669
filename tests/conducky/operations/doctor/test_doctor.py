"""`conducky doctor`: each line is ok, a warning or a fix; safe fixes are offered, and nothing changes unasked."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from conducky.deployment import PulumiCli, Selection
from conducky.errors import UserError
from conducky.operations.doctor import computer, doctor, settings
from conducky.operations.doctor.finding import Check, Finding, ok, run_checks, warning, wrong
from conducky.settings.schema import PlatformSettings
from tests.conducky.operations.conftest import Run
from tests.fakes.aws_api import AwsApi
from tests.fakes.docker import docker
from tests.fakes.pulumi import FakePulumi


@pytest.fixture
def folder(pulumi: FakePulumi) -> Path:
    return pulumi.binary.parent


@pytest.mark.parametrize(
    ("machine", "platforms", "level", "says"),
    [
        ("aarch64", "linux/arm64", None, ""),
        ("x86_64", "linux/amd64*, linux/arm64, linux/386", "ok", "by emulation"),
        ("x86_64", "linux/amd64, linux/386", "wrong", "cannot build for linux/arm64"),
    ],
)
def test_docker_must_build_for_the_tasks_processor(
    folder: Path, monkeypatch: pytest.MonkeyPatch, machine: str, platforms: str, level: str | None, says: str
) -> None:
    docker(folder, platforms=platforms)
    monkeypatch.setattr(computer.platform, "machine", lambda: machine)
    first, *more = computer.docker("dev")
    assert first == ok("Docker 29.0.1 with buildx")
    assert [each.level for each in more] == ([level] if level else [])
    if level == "wrong":
        assert "binfmt --install arm64" in more[0].fix
    if more:
        assert says in more[0].text


@pytest.mark.parametrize("daemon", [True, False])
def test_docker_that_cannot_build(folder: Path, daemon: bool) -> None:  # noqa: FBT001
    docker(folder, daemon=daemon, buildx=False)
    (finding,) = computer.docker("dev")
    assert finding.level == "wrong"
    assert finding.fix


def test_pulumi_without_python_is_wrong(pulumi: FakePulumi) -> None:
    selection = Selection.of("dev", None)
    assert run_checks([Check("", lambda: computer.pulumi(selection))])[0][1].level == "ok"
    pulumi.binary.with_name("pulumi-language-python").unlink()
    found = run_checks([Check("", lambda: computer.pulumi(selection))])[0][1]
    assert found.level == "wrong"
    assert "pulumi-language-python" in found.text


def test_optional_tools_are_warnings_that_say_what_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = list(computer.optional_tools())
    assert {each.level for each in found} == {"warning"}
    assert any("conducky exec" in each.text for each in found)
    assert all(each.fix for each in found)


def test_settings_of_every_layer_are_checked_before_anything_is_created() -> None:
    found = list(settings.stack_files("dev"))
    assert [each.level for each in found] == ["ok"] * 3
    found = list(settings.stack_files("nosuch"))
    assert {each.level for each in found} == {"wrong"}


@pytest.mark.parametrize(
    ("value", "level"), [(None, "wrong"), ("short", "wrong"), ("x" * 5000, "wrong"), ("x" * 32, "ok")]
)
def test_secrets_must_be_somewhere_and_long_enough(
    monkeypatch: pytest.MonkeyPatch, value: str | None, level: str
) -> None:
    monkeypatch.setenv("SESSION_SECRET", "y" * 32)
    monkeypatch.delenv("JWT_SECRET", raising=False)
    if value:
        monkeypatch.setenv("JWT_SECRET", value)
    jwt, session = settings.secrets("dev")
    assert (jwt.level, session.level) == (level, "ok")
    assert value is None or value not in jwt.text + jwt.fix
    if value is None:
        assert "openssl rand -hex 32 | pulumi -C services config set --secret jwtSecret" in jwt.fix


def test_a_missing_stack_can_be_created_and_a_missing_layer_only_deployed(pulumi: FakePulumi) -> None:
    pulumi.no_stack("services")
    cli = PulumiCli(Selection.of("dev", "services"), pulumi.root)
    bootstrap, platform, services = settings.stacks(cli, ["services"])
    assert "as an AWS admin" in bootstrap.fix
    assert "LAYER=platform" in platform.fix
    assert bootstrap.apply is None
    assert services.apply
    pulumi.answer("services", "init")
    services.apply()
    assert pulumi.calls[-1].words.startswith("-C services stack init --stack dev")


def test_the_free_plan_refuses_larger_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    large = PlatformSettings.model_validate({"databaseInstanceClass": "db.m7g.large", "databaseBackupDays": 7})
    monkeypatch.setattr(settings, "settings_of", lambda *_: large)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert [each.level for each in settings.free_plan("dev")] == ["warning", "warning"]


def test_a_check_that_raises_is_a_finding_and_each_text_comes_once() -> None:
    def fails() -> list[Finding]:
        raise UserError("no region", "export it")

    found = run_checks([Check("A", lambda: [ok("x")]), Check("B", fails), Check("C", fails)])
    assert found == [("A", ok("x")), ("B", wrong("no region", "export it"))]


def test_fixes_are_offered_one_by_one_and_only_safe_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def refuse() -> None:
        raise UserError("cannot", "")

    found = [
        ("A", wrong("one", "run one", lambda: done.append("one"))),
        ("A", wrong("two", "run two", lambda: done.append("two"))),
        ("A", wrong("three", "run three", refuse)),
        ("A", wrong("four", "run four")),
        ("A", warning("five", "run five")),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("y\nno\ny\n"))
    said = Console(file=io.StringIO())
    assert doctor.fix(found, said) == 1
    assert done == ["one"]


@pytest.mark.parametrize(
    ("answers", "left", "code"), [("y\n", [], 0), ("n\n", [], 3), ("y\n", [wrong("b", "run b")], 3)]
)
def test_what_is_left_to_fix_is_exit_code_3(
    monkeypatch: pytest.MonkeyPatch, answers: str, left: list[Finding], code: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    found = [*(("A", each) for each in (wrong("a", "run a", lambda: None), warning("c", "run c"), ok("d"), *left))]
    assert doctor.fix(found, Console(file=io.StringIO())) == code


def test_without_an_answer_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert doctor.fix([("A", wrong("one", "run", lambda: done.append("x")))], Console(file=io.StringIO())) == 3
    assert done == []


def test_the_whole_command_shows_areas_and_counts(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    ran = run("doctor", "--no-github")
    assert ran.code == 3
    for words in ("This computer", "Settings", "Pulumi", "AWS", "to fix, "):
        assert words in ran.out
    assert "✗ platform/dev is not deployed" not in ran.out, "it is to be deployed"
    assert run("doctor", "--no-github", "--fix").code == 3
    as_json = run("doctor", "--no-github", "--json")
    assert {"area", "level", "text", "fix"} == set(json.loads(as_json.out)[0])
