"""Every command against every known mistake: one line, the command that fixes it, exit code 1, and no traceback."""

import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.conducky.operations.conftest import Run, deployed
from tests.fakes.aws_api import REGION, AwsApi
from tests.fakes.pulumi import FakePulumi
from tests.fakes.script import write_script
from tests.fakes.session_manager_plugin import fake_plugin

# What each asks AWS for first.
COMMANDS = {
    ("status",): "ecs.DescribeServices",
    ("logs", "backend"): "logs.FilterLogEvents",
    ("exec", "backend"): "ecs.ListTasks",
    ("administrator-link",): "ecs.ListTasks",
    ("run", "backend", "--", "true"): "ecs.DescribeServices",
    ("releases",): "ecr.DescribeImages",
    ("rollback", "--yes"): "ecr.DescribeImages",
    ("database", "shell", "--", "-c", "select 1"): "ssm.GetParameter",
    ("database", "tunnel", "--", "true"): "ssm.GetParameter",
    ("database", "backup", "one"): "rds.DescribeDBInstances",
    ("database", "backups"): "rds.DescribeDBInstances",
    ("database", "restore", "before", "--yes"): "rds.DescribeDBInstances",
    ("database", "rotate-password", "--yes"): "ssm.GetParameter",
    ("database", "forget", "--yes"): "ssm.GetParameter",
    ("start",): "rds.DescribeDBInstances",
    ("stop",): "ecs.UpdateService",
    ("verify", "--limit", "1"): "ecs.DescribeServices",
}
POLICIES = {
    "start": "deployer-schedule",
    "exec": "exec",
    "administrator-link": "exec",
    "run": "run",
    "database": "database",
}
NOT_FOUND = {
    "logs.FilterLogEvents": "ResourceNotFoundException",
    "ecr.DescribeImages": "RepositoryNotFoundException",
    "ssm.GetParameter": "ParameterNotFound",
}
FIRST = [pytest.param(words, first, id=" ".join(words)) for words, first in COMMANDS.items()]
commands = pytest.mark.parametrize(("words", "first"), FIRST)


@pytest.fixture(autouse=True)
def computer(api: AwsApi, tmp_path: Path, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal, everything installed, and an AWS admin, who may assume the role `destroy`."""
    keys = {"AccessKeyId": "ASIAFAKEFAKEFAKEFAKE", "SecretAccessKey": "fake", "SessionToken": "fake"}
    expires = datetime(2026, 11, 26, 12, tzinfo=UTC)
    api.answer("sts.AssumeRole", {"Credentials": {**keys, "Expiration": expires}})
    plugin = fake_plugin(tmp_path / "plugin", monkeypatch)
    write_script(plugin.folder / "psql", "#!/bin/sh\n")
    certificates = tmp_path / "a cache" / "rds" / REGION / "bundle.pem"
    certificates.parent.mkdir(parents=True)
    certificates.write_text("fake certificates")
    monkeypatch.setattr("conducky.operations.session.is_interactive", lambda: True)
    monkeypatch.setattr("conducky.operations.session.output_is_a_terminal", lambda: True)


def _verb(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[:2] if words[0] == "database" else words[:1]


def failed(run: Run, words: tuple[str, ...]) -> str:
    ran = run(*words)
    assert ran.code == 1
    assert ran.err.startswith("✗ ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    assert "fake-aws-secret-key-for-tests" not in ran.err + ran.out
    return ran.err


@commands
def test_not_deployed(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    deployed(api)
    if first.startswith("rds."):
        api.answer(first, {"DBInstances": []})
        api.answer("rds.DescribeDBSnapshots", {"DBSnapshots": []})
    else:
        api.refuse(first, NOT_FOUND.get(first, "ClusterNotFoundException"))
    api.refuse("ecs.UpdateService", "ClusterNotFoundException")  # Of `start`, which has no database to start then
    error = failed(run, words)
    assert "does not exist in us-east-1" in error
    assert ("of account 123456789012" in error) == (words[0] != "verify"), "the account"
    assert "make deploy STACK=dev" in error


@commands
def test_no_credentials(
    api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], first: str
) -> None:
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

    api.answer("sts.GetCallerIdentity", NoCredentialsError())
    assert "no AWS credentials" in failed(run, words)
    assert api.made(first) == []


@commands
def test_expired_credentials(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    api.refuse("sts.GetCallerIdentity", "ExpiredToken")
    assert "expired (ExpiredToken)" in failed(run, words)


@commands
def test_another_account(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    other = {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/eve", "UserId": "AIDA"}
    api.answer("sts.GetCallerIdentity", other)
    assert "export AWS_PROFILE=" in failed(run, words)
    assert api.made(first) == []


@commands
def test_another_region(
    api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], first: str
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert "run `export AWS_REGION=us-east-1`" in failed(run, words)


@commands
def test_no_such_region(
    api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], first: str
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")  # Without Pulumi, which would tell the region
    monkeypatch.setenv("AWS_REGION", "Ohio")
    if words[0] not in {"exec", "administrator-link", "database", "verify"}:  # those miss what they need here first
        assert "AWS_REGION is `Ohio`" in failed(run, words)


@commands
def test_throttled(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    deployed(api)
    api.refuse(first, "ThrottlingException")
    assert "wait a minute" in failed(run, words)


@commands
def test_denied(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    deployed(api)
    api.answers.pop(first, None)
    error = failed(run, words)
    policy = f"conducky-dev-{POLICIES.get(words[0], 'deployer-containers')}"
    assert f"--policy-arn arn:aws:iam::123456789012:policy/{policy}" in error
    assert first.rpartition(".")[2] in error


@commands
def test_aws_is_unreachable(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    api.answer("sts.GetCallerIdentity", EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com"))
    assert "AWS is unreachable" in failed(run, words)


@commands
def test_an_unknown_stack(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    assert "dev, prod" in failed(run, (*_verb(words), "--stack", "devv", *words[len(_verb(words)) :]))


@pytest.mark.parametrize("words", [("logs", "bakend"), ("exec", "bakend"), ("run", "bakend", "--", "true")])
def test_a_misspelt_service(api: AwsApi, run: Run, words: tuple[str, ...]) -> None:
    assert failed(run, words) == "✗ there is no service `bakend`: use `backend`\n"
    assert api.calls == []


@commands
def test_a_closed_terminal(api: AwsApi, run: Run, words: tuple[str, ...], first: str) -> None:
    """It ends the command, at whatever it is, and is no error of ours."""
    deployed(api)

    def closed(_request: dict[str, object]) -> dict[str, object]:
        os.kill(os.getpid(), signal.SIGHUP)
        return {}

    api.answer(first, closed)
    ran = run(*words)
    assert (ran.code, ran.err.splitlines()[-1]) == (128 + signal.SIGHUP, "ended by SIGHUP")
    assert "Traceback" not in ran.err


in_a_session = pytest.mark.parametrize("words", [("exec", "backend"), ("administrator-link",)])


@in_a_session
def test_no_task_runs(api: AwsApi, run: Run, words: tuple[str, ...]) -> None:
    api.answer("ecs.ListTasks", {"taskArns": []})
    assert "conducky status" in failed(run, words)


@in_a_session
@pytest.mark.parametrize("missing", ["is_interactive", "output_is_a_terminal"])
def test_not_a_terminal(
    api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], missing: str
) -> None:
    monkeypatch.setattr(f"conducky.operations.session.{missing}", lambda: False)
    error = failed(run, words)
    assert "run this at a terminal" in error
    assert ("creates an administrator" in error) == (words[0] == "administrator-link"), "the reason"
    assert api.calls == []


@in_a_session
def test_no_plugin(api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    assert "session-manager-plugin" in failed(run, words)


def test_a_shell_without_a_terminal_says_what_to_give_it(
    api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conducky.operations.session.is_interactive", lambda: False)
    assert "at the end of this command: `-- -c" in failed(run, ("database", "shell"))
    assert api.calls == []


@pytest.mark.parametrize(
    "words", [each for each in COMMANDS if each[:2] in {("database", "shell"), ("database", "tunnel")}]
)
def test_no_task_that_leads_to_the_database(api: AwsApi, run: Run, words: tuple[str, ...]) -> None:
    value = "postgresql://conducky:fakePassword@db.example.com:5432/conducky"
    api.answer("ssm.GetParameter", {"Parameter": {"Name": "DATABASE_URL", "Value": value}})
    api.answer("ecs.ListTasks", {"taskArns": []})
    error = failed(run, words)
    assert "no task of backend runs" in error
    assert "conducky status" in error
    assert "fakePassword" not in error


@pytest.mark.parametrize(
    ("words", "meant"),
    [(("stauts",), "status"), (("relases",), "releases"), (("database", "bakcup", "x"), "backup")],
)
def test_a_misspelt_command(api: AwsApi, run: Run, words: tuple[str, ...], meant: str) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert f"Did you mean '{meant}'" in " ".join(ran.err.split())
    assert api.calls == []


def test_ctrl_c_while_following(api: AwsApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from conducky.signals import Interrupted  # noqa: PLC0415

    def interrupt(_request: dict[str, object]) -> dict[str, object]:
        raise Interrupted(2)

    api.answer("logs.FilterLogEvents", interrupt)
    assert run("logs", "backend", "--follow").code == 130


def test_no_lines_is_no_error(api: AwsApi, run: Run) -> None:
    api.answer("logs.FilterLogEvents", {"events": []})
    ran = run("logs")
    assert (ran.code, ran.out) == (0, "")
    assert "--since 1d" in ran.err


def test_no_such_line_names_the_text(api: AwsApi, run: Run) -> None:
    api.answer("logs.FilterLogEvents", {"events": []})
    ran = run("logs", "--grep", "needle")
    assert ran.code == 0
    assert re.search(r"no line since 20\d\d-\S+ \S+ UTC has `needle`", ran.err)


def test_a_task_that_wrote_nothing_leads_to_the_tasks(api: AwsApi, run: Run) -> None:
    api.answer("logs.FilterLogEvents", {"events": []})
    said = failed(run, ("logs", "--task", "zzz"))
    assert "no task whose id begins with `zzz` wrote anything" in said
    assert "`conducky status --stack dev` shows the tasks" in said


@pytest.mark.parametrize("words", [("logs", "worker"), ("exec", "worker"), ("run", "worker", "--", "true")])
def test_a_worker_that_no_setting_asks_for_is_named(api: AwsApi, run: Run, words: tuple[str, ...]) -> None:
    said = failed(run, words)
    assert "dev has no worker: set `worker` of services: docs/your-applications.md" in said


def test_a_wrong_time(api: AwsApi, run: Run) -> None:
    assert "`1h`" in failed(run, ("logs", "--since", "yesterday"))


@pytest.mark.parametrize("words", sorted({*map(_verb, COMMANDS), ("deploy",)}))
def test_help_is_one_screen_of_80_columns(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words, "--help")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert "Exit codes:" in ran.out
