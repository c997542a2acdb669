"""A runner of GitHub Actions: its files, its secrets, GitHub, AWS and Pulumi, all of them fake."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conducky.environment import DEPLOY_VARIABLES
from conducky.secret_values import all_secrets, fake_secret
from tests.fakes.aws import FakeAws, fake_aws
from tests.fakes.github import FakeGitHub, fake_github
from tests.fakes.pulumi import FakePulumi, fake_pulumi

SECRETS: dict[str, str] = {
    "PULUMI_ACCESS_TOKEN": "fake-pulumi-token",
    "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
    "AWS_SECRET_ACCESS_KEY": "fake-aws-secret-key-for-tests",
    **{name: fake_secret(name) for name in all_secrets()},
}
VARIABLES: dict[str, str] = {"PULUMI_ORG": "acme", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True)
class Runner:
    """The files that a step writes to."""

    folder: Path

    @property
    def outputs(self) -> dict[str, str]:
        lines = self._read("output").splitlines()
        return {lines[n].partition("<<")[0]: lines[n + 1] for n in range(0, len(lines), 3)}

    @property
    def summary(self) -> str:
        return self._read("summary")

    @property
    def path(self) -> str:
        return self._read("path")

    def _read(self, name: str) -> str:
        file = self.folder / name
        return file.read_text(encoding="utf-8") if file.exists() else ""


@pytest.fixture(autouse=True)
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A job that has all its secrets and variables, and nothing of the machine's own."""
    folder = tmp_path / "runner"
    folder.mkdir()
    for name in (*DEPLOY_VARIABLES, "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (SECRETS | VARIABLES).items():
        monkeypatch.setenv(name, value)
    for name in ("output", "summary", "path"):
        variable = {"output": "GITHUB_OUTPUT", "summary": "GITHUB_STEP_SUMMARY", "path": "GITHUB_PATH"}[name]
        monkeypatch.setenv(variable, str(folder / name))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/conducky")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef")
    monkeypatch.setenv("GITHUB_TOKEN", "fake-token-of-the-job")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return Runner(folder)


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """All of Pulumi on PATH, with empty stacks in each layer."""
    made = fake_pulumi(tmp_path, monkeypatch)
    monkeypatch.setenv("PULUMI_ORG", "acme")
    return made


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeGitHub]:
    with fake_github() as made:
        for stack in ("dev", "prod"):
            made.environment(stack, "main")
        monkeypatch.setenv("GITHUB_API_URL", made.address)
        yield made


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeAws]:
    with fake_aws() as made:
        assert made.server
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.server.address)
        yield made


@pytest.fixture
def pull_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of the pull request that started this run."""
    file = tmp_path / "event.json"
    event: dict[str, Any] = {"pull_request": {"number": 7}}
    file.write_text(json.dumps(event))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(file))
    return 7
