"""Images as the engine creates them; test_build.py has a real build."""

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conducky.catalog.property_bag import Properties, secret
from conducky.rehearsal.account import Account
from conducky.rehearsal.images import resource as module
from tests.conducky.rehearsal.client import Client, RefusedError
from tests.conducky.rehearsal.ecs.echo_app import make_image

IMAGE = "docker-build:index:Image"


@dataclass
class Build:
    """How a build was called."""

    context: Path
    dockerfile: Path
    options: Mapping[str, Any]


@pytest.fixture
def builds(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Build]:
    """The builds that were made, in order; the backend's folder is there to build from."""
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    (account.root / "backend").mkdir(parents=True)
    (account.root / "backend" / "Dockerfile").write_text("FROM node\n")
    (account.root / "backend" / "server.js").write_text("1")
    made: list[Build] = []
    image = make_image(tmp_path / "built")

    def build(context: Path, dockerfile: Path, **options: Any) -> object:  # noqa: ANN401
        made.append(Build(context, dockerfile, options))
        return image

    monkeypatch.setattr(module, "build_image", build)
    return made


def image_inputs(**inputs: object) -> Properties:
    return {"push": True, "context": {"location": "../backend"}, "tags": ["registry/backend:build-1"], **inputs}


def test_a_dockerfile_that_is_not_utf_8_is_left_to_its_build(
    client: Client, account: Account, builds: list[Build]
) -> None:
    (account.root / "backend" / "Dockerfile").write_bytes(b"FROM node # caf\xe9\n")
    client.create(IMAGE, "backend", image_inputs())
    assert len(builds) == 1


def test_an_image_is_built_from_the_programs_context(client: Client, account: Account, builds: list[Build]) -> None:
    made = client.create(IMAGE, "backend", image_inputs(buildArgs={"VERSION": "1"}))

    assert builds[0].context == (account.root / "backend").resolve()
    assert builds[0].dockerfile == (account.root / "backend" / "Dockerfile").resolve()
    assert builds[0].options["build_args"] == {"VERSION": "1"}
    assert made["ref"] == f"registry/backend:build-1@{made['digest']}"
    assert list(client.stand_ins.images.built) == [made["digest"]]


def test_an_images_dockerfile_may_be_elsewhere(client: Client, account: Account, builds: list[Build]) -> None:
    (account.root / "docker").mkdir()
    (account.root / "docker" / "backend.Dockerfile").write_text("FROM node\n")

    client.create(IMAGE, "backend", image_inputs(dockerfile={"location": "../docker/backend.Dockerfile"}))

    assert builds[0].dockerfile == (account.root / "docker" / "backend.Dockerfile").resolve()


@pytest.mark.usefixtures("builds")
def test_a_digest_identifies_what_goes_into_the_image(client: Client, account: Account) -> None:
    def digest(**inputs: object) -> str:
        return client.create(IMAGE, "backend", image_inputs(**inputs))["digest"]

    plain = digest()

    assert digest() == plain
    assert digest(platforms=["linux/arm64"], tags=["registry/backend:build-2"]) == plain
    assert digest(buildArgs={"VERSION": "2"}) != plain
    (account.root / "backend" / "server.js").write_text("2")
    assert digest() != plain


def test_an_update_builds_again(client: Client, account: Account, builds: list[Build]) -> None:
    made = client.create(IMAGE, "backend", image_inputs())
    (account.root / "backend" / "server.js").write_text("2")

    changed = client.update(made, image_inputs(tags=["registry/backend:build-2"]))

    assert changed["digest"] != made["digest"]
    assert changed["ref"] == f"registry/backend:build-2@{changed['digest']}"
    assert set(client.stand_ins.images.built) == {made["digest"], changed["digest"]}
    assert len(builds) == 2


def test_an_application_with_prisma_is_built_with_its_engine(
    client: Client, account: Account, builds: list[Build], monkeypatch: pytest.MonkeyPatch
) -> None:
    def engine_for(folder: Path, root: Path, _progress: object) -> Path | None:
        assert root == account.root
        return Path("/usr/bin/engine.mjs") if (folder / "package.json").exists() else None

    monkeypatch.setattr(module, "engine_for", engine_for)
    client.create(IMAGE, "backend", image_inputs())
    (account.root / "backend" / "package.json").write_text('{"dependencies": {"prisma": "6"}}')
    client.create(IMAGE, "backend", image_inputs())

    assert [build.options["environment"] for build in builds] == [
        {},
        {"PRISMA_SCHEMA_ENGINE_BINARY": "/usr/bin/engine.mjs"},
    ]


@pytest.mark.usefixtures("builds")
def test_a_missing_context_is_reported(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"there is no folder .*nowhere to build an image from"):
        client.create(IMAGE, "backend", image_inputs(context={"location": "../nowhere"}))


TOKEN = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
HALF_A_DAY = 12 * 3600


def signed_in(client: Client) -> Properties:
    token = client.invoke(TOKEN, {})["password"]
    return image_inputs(registries=[{"address": "registry", "username": "AWS", "password": secret(token)}])


@pytest.mark.usefixtures("builds")
def test_a_token_is_good_for_twelve_hours(client: Client) -> None:
    registry, old = client.stand_ins.images.registry, signed_in(client)
    registry.clock = lambda: time.time() + HALF_A_DAY

    with pytest.raises(RefusedError, match="denied: Your authorization token has expired"):
        client.create(IMAGE, "backend", old)
    client.create(IMAGE, "backend", signed_in(client))


@pytest.mark.usefixtures("builds")
@pytest.mark.parametrize(("installed", "keeps"), [("0.0.22", True), ("0.0.20", False)])
def test_a_refresh_with_an_expired_token_keeps_the_image_since_the_provider_can_tell(
    client: Client, monkeypatch: pytest.MonkeyPatch, installed: str, keeps: object
) -> None:
    made = client.create(IMAGE, "backend", signed_in(client))
    assert client.refresh(dataclasses.replace(made, inputs=signed_in(client))).outputs == made.outputs
    monkeypatch.setattr(module, "version", lambda _package: installed)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert client.exists(made)
    client.stand_ins.images.registry.clock = lambda: time.time() + HALF_A_DAY

    assert client.exists(made) is keeps


@pytest.mark.usefixtures("builds")
def test_a_refresh_forgets_an_image_that_ecr_no_longer_has(client: Client) -> None:
    made = client.create(IMAGE, "backend", signed_in(client))
    client.stand_ins.images.registry.delete("registry/backend", made["digest"])

    assert not client.exists(made)
