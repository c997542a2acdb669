"""A repository on GitHub, with Pulumi, AWS and its own site: all of them fake, none of the commands."""

import json
import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conducky.environment import DEPLOY_VARIABLES
from conducky.evaluation.evaluate import Evaluation
from conducky.rehearsal.images.node import require_node
from tests.fakes.aws import FakeAws, deployment, fake_aws, service
from tests.fakes.docker import docker
from tests.fakes.github import FakeGitHub, fake_github
from tests.fakes.pulumi import FakePulumi, fake_pulumi
from tests.fakes.runner import SECRETS
from tests.fakes.web_server import Answer, serve
from tests.workflows.mini_runner import MiniRunner

# Notes the environment of a change beside the answers.
NOTE = 'env >"$FAKE_ANSWERS/$2.$3.env"\n'


@dataclass(frozen=True)
class Repository:
    """All that a workflow meets."""

    runner: MiniRunner
    pulumi: FakePulumi
    aws: FakeAws
    github: FakeGitHub
    services: dict[str, Any]

    def environment_of(self, layer: str, verb: str) -> dict[str, str]:
        """What Pulumi had in its environment."""
        lines = (self.pulumi.answers / f"{layer}.{verb}.env").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    @property
    def changed(self) -> list[str]:
        """The layers that Pulumi was told to change, in order."""
        return [f"{words.split()[1]} {words.split()[2]}" for words in self.pulumi.changes]


@pytest.fixture
def repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluated: Callable[[str, str], Evaluation]
) -> Generator[Repository]:
    """A stack `dev` that is deployed and live."""
    pulumi = fake_pulumi(tmp_path, monkeypatch)
    docker(pulumi.binary.parent)
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{require_node()}")
    for name in (*DEPLOY_VARIABLES, "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "GITHUB_EVENT_PATH", "MAKEFLAGS", "MAKELEVEL"):
        monkeypatch.delenv(name, raising=False)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/conducky")
    runner = MiniRunner(tmp_path / "jobs", dict(SECRETS), {"PULUMI_ORG": "acme", "AWS_REGION": "us-east-1"})
    with (
        fake_aws() as aws,
        fake_github() as github,
        serve(lambda _: Answer("ok", headers={"X-Revision": "build-7"})) as site,
    ):
        assert aws.server
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.server.address)
        monkeypatch.setenv("GITHUB_API_URL", github.address)
        github.environment("dev", "main")
        outputs = {layer: evaluated(layer, "dev").exports for layer in ("bootstrap", "platform", "services")}
        outputs["services"] = outputs["services"] | {"frontend_url": site.address, "backend_url": site.address}
        for layer, exports in outputs.items():
            pulumi.answer(layer, "output", out=json.dumps(exports))
            for verb in ("up", "preview", "destroy"):
                pulumi.answer(layer, verb, script=NOTE)
        aws.task_variable("APP_REVISION", "build-7")
        aws.services(*(_running(name, outputs["services"]) for name in ("backend", "frontend")))
        yield Repository(runner, pulumi, aws, github, outputs["services"])


def _running(name: str, outputs: dict[str, Any]) -> dict[str, Any]:
    return service(name, deployment(outputs[f"{name}_task_definition_arn"]))
