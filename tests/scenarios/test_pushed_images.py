"""What ECR has already is taken: after an `up` that was killed, after a revert; and what is gone is built again."""

import time
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Request, ResourceFailedError
from conducky.rehearsal.images import Images
from conducky.rehearsal.images.lifecycle import Registry
from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import BOTH, answers, refused, rehearsed, up, wait_for_both
from tests.scenarios.repository import copy_of, edit

pytestmark = [pytest.mark.engine, pytest.mark.slow]

IMAGE = "docker-build:index:Image"
NEW_SERVER = 'status: "fine"'


@pytest.fixture(scope="module")
def repository(stand_ins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(stand_ins, tmp_path_factory.mktemp("pushed images") / "repository")


@pytest.fixture(scope="module")
def killed() -> set[str]:
    """The images after whose push the engine is killed, once."""
    return {"backend"}


@pytest.fixture(scope="module")
def builds() -> list[str]:
    """The images that were built, in order."""
    return []


@pytest.fixture(scope="module")
def rehearsal(repository: Path, images: Path, killed: set[str], builds: list[str]) -> Generator[Rehearsal]:
    original = Images.build

    def build(self: Images, request: Request) -> Properties:
        made = original(self, request)
        builds.append(request.name)
        if request.name in killed:
            killed.discard(request.name)
            raise ResourceFailedError("the engine was killed")
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Images, "build", build)
        with rehearsed(repository, images=images) as found:
            yield found


def test_the_whole_story(rehearsal: Rehearsal, repository: Path, builds: list[str]) -> None:
    """One after the other, because each begins where the one before ends."""
    assert "the engine was killed" in refused(rehearsal, "bootstrap", "platform", "services")

    done = up(rehearsal, "services")["services"].operations
    assert done["aws:ecs/service:Service conducky-dev-backend"] == "create", "the same command again brings it up"
    assert wait_for_both(rehearsal)
    assert builds == ["backend", "frontend"], "the backend's image was pushed and is taken"
    assert up(rehearsal, "services")["services"].operations == {}

    source = repository / "backend" / "server.js"
    edit(source, 'status: "ok"', NEW_SERVER)
    up(rehearsal, "services")
    assert builds == ["backend", "frontend", "backend"]
    edit(source, NEW_SERVER, 'status: "ok"')
    up(rehearsal, "services")
    assert builds == ["backend", "frontend", "backend"], "the first image is still in ECR"
    assert up(rehearsal, "services")["services"].operations == {}
    assert answers(rehearsal) == BOTH

    images, url = registry_of(rehearsal, "frontend")
    for image in images.images(url):
        images.delete(url, image.digest)
    up(rehearsal, "services")
    assert builds == ["backend", "frontend", "backend", "frontend"], "what is gone from ECR is built again"
    assert up(rehearsal, "services")["services"].operations == {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "clock", lambda: time.time() + 13 * 3600)
        an_expired_token_costs_no_image(rehearsal, source, builds)


def an_expired_token_costs_no_image(rehearsal: Rehearsal, source: Path, builds: list[str]) -> None:
    """A refresh asks ECR with the token of the last `up`, which is good for twelve hours."""
    before, services = [*builds], rehearsal.layer("services")
    images = {known for known in services.known() if known[0] == IMAGE}
    registry = rehearsal.stand_ins.images.registry
    assert images
    assert not any(map(registry.is_signed_in, rehearsal.account.of(IMAGE))), "the tokens in the state have expired"

    assert up(rehearsal, "services")["services"].operations == {}
    assert images <= services.known()
    edit(source, 'status: "ok"', NEW_SERVER + " + 1")
    up(rehearsal, "services")
    assert builds == [*before, "backend"], "the push has a new token"
    assert up(rehearsal, "services")["services"].operations == {}
    assert answers(rehearsal) == BOTH


def test_a_tag_of_an_immutable_repository_is_not_pushed_twice(rehearsal: Rehearsal) -> None:
    up(rehearsal, "bootstrap")
    images, url = registry_of(rehearsal, "backend")
    images.push(url, "sha256:a-build", ["build-of-a-test"])
    with pytest.raises(ResourceFailedError, match="cannot be overwritten because the tag is immutable"):
        images.push(url, "sha256:another-build", ["build-of-a-test"])
    images.delete(url, "sha256:a-build")


def registry_of(rehearsal: Rehearsal, application: str) -> tuple[Registry, str]:
    """ECR, and the address of the application's repository."""
    (url,) = [
        str(repository["repositoryUrl"])
        for repository in rehearsal.account.of("aws:ecr/repository:Repository")
        if str(repository["name"]).endswith(f"-{application}")
    ]
    return rehearsal.stand_ins.images.registry, url
