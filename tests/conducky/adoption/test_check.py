"""What of the applications in the settings would fail in the deployment, before a rehearsal begins."""

import json
from typing import Any

import pytest

from conducky.adoption import problems_in
from conducky.settings.offline import load_settings, settings_of
from conducky.settings.services import ServicesSettings
from tests.conducky.adoption.sources import NODE, Repository

WEB = {"web/Dockerfile": f"{NODE}RUN npm run build\nCMD node .\n", "web/package.json": '{"scripts": {"build": "tsc"}}'}
API = {"api/Dockerfile": f'{NODE}CMD ["pm2", "start", "server.js"]\n'}


def problems(repository: Repository, *, count: int = 1, worker: str = "", **backend: Any) -> list[str]:  # noqa: ANN401  # those of settings
    repository.write({**API, **WEB})
    values = {
        "conducky-services:backend": json.dumps({"context": "shop/api", **backend}),
        "conducky-services:frontend": json.dumps({"context": "shop/web"}),
        "conducky-services:backendCount": str(count),
    }
    values |= {"conducky-services:worker": worker} if worker else {}
    return problems_in(load_settings(ServicesSettings, "dev", values), "dev", repository.root)


def test_the_sample_has_none() -> None:
    assert problems_in(settings_of(ServicesSettings, "dev"), "dev") == []


def test_the_dockerfile_in_the_settings_is_read(repository: Repository) -> None:
    (problem,) = problems(repository)
    assert problem.startswith("CMD in shop/api/Dockerfile:4 runs `pm2 start`")


def test_an_application_that_is_left_out_is_not(repository: Repository) -> None:
    assert problems(repository, count=0) == []


def test_a_command_in_the_settings_replaces_that_of_the_image(repository: Repository) -> None:
    assert problems(repository, command=["node", "server.js"]) == []
    (problem,) = problems(repository, command=["nodemon", "server.js"])
    assert problem.startswith("services/Pulumi.dev.yaml runs `nodemon`")


def test_a_stage_in_the_settings_is_the_one_that_is_built(repository: Repository) -> None:
    repository.write({"api/Dockerfile.all": "FROM node:24 AS dev\nCMD nodemon\nFROM node:24\nCMD node .\n"})
    assert problems(repository, dockerfile="Dockerfile.all") == []
    (problem,) = problems(repository, dockerfile="Dockerfile.all", target="dev")
    assert problem.startswith("CMD in shop/api/Dockerfile.all:2 runs `nodemon`")


def test_a_worker_is_read_with_its_own_command_and_what_it_shares_is_said_once(repository: Repository) -> None:
    repository.write({"api/Dockerfile.push": f"{NODE}RUN npx prisma db push\nCMD node .\n"})
    worker = json.dumps({"command": ["nodemon", "worker.js"]})
    built, started = problems(repository, dockerfile="Dockerfile.push", worker=worker)
    assert built.startswith("RUN in shop/api/Dockerfile.push:4 runs `prisma db push`")
    assert started.startswith("services/Pulumi.dev.yaml runs `nodemon`")


@pytest.mark.parametrize("text", [b"FROM", b"\xff\xfe", b"", b"FROM a\nCOPY\n"])
def test_what_a_build_refuses_is_left_to_it(repository: Repository, text: bytes) -> None:
    repository.write({"api/Dockerfile.wrong": ""})
    (repository.root / "shop/api/Dockerfile.wrong").write_bytes(text)
    assert problems(repository, dockerfile="Dockerfile.wrong") == []
    assert problems(repository, dockerfile="Dockerfile.none") == []
