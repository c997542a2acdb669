"""The images: a tag for each state of the source, tasks pinned by digest, quick and quiet builds."""

import re
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, Resource
from conducky.naming import Place
from conducky.repository import ROOT
from tests.services.container_definitions import container

IMAGE = "docker-build:index:Image"
BOTH = pytest.mark.parametrize("name", ["backend", "frontend"])

Again = Callable[..., Evaluation]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A repository with the services program and two tiny applications."""
    shutil.copytree(ROOT / "services", tmp_path / "services", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("backend", "frontend"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\n")
        (tmp_path / name / "main.js").write_text("console.log(1);\n")
        (tmp_path / name / ".dockerignore").write_text("notes\n")
    return tmp_path


def tag(services: Evaluation, name: str) -> str:
    (only,) = services.one(IMAGE, name).inputs["tags"]
    return only


@BOTH
def test_it_is_pushed_to_its_repository_under_a_tag_of_its_own(
    services: Evaluation, bootstrap: Evaluation, name: str
) -> None:
    (export,) = services.one(IMAGE, name).inputs["exports"]
    assert export["registry"]["push"] is True
    repository = bootstrap.exports[f"{name}_repository_url"]
    assert re.fullmatch(re.escape(repository) + ":build-[0-9a-f]{32}", tag(services, name))


@BOTH
def test_its_layers_are_pushed_as_zstd_those_of_the_base_image_too(services: Evaluation, name: str) -> None:
    (export,) = services.one(IMAGE, name).inputs["exports"]
    registry = export["registry"]
    assert (registry["compression"], registry["forceCompression"], registry["ociMediaTypes"]) == ("zstd", True, True)
    assert registry["compressionLevel"] > 0, "without one the provider leaves out the compression"


@BOTH
def test_tasks_run_the_digest_and_not_the_tag(services: Evaluation, bootstrap: Evaluation, name: str) -> None:
    digest = services.one(IMAGE, name).outputs["digest"]
    reference = f"{bootstrap.exports[f'{name}_repository_url']}@{digest}"
    assert container(services, name)["image"] == reference
    assert services.exports[f"{name}_image"] == reference


@BOTH
def test_it_is_built_from_its_own_folder(services: Evaluation, name: str) -> None:
    location = services.one(IMAGE, name).inputs["context"]["location"]
    assert location == f"../{name}", "relative to the program's folder, and no path of one machine"


@BOTH
def test_a_preview_builds_nothing(services: Evaluation, name: str) -> None:
    assert services.one(IMAGE, name).inputs["buildOnPreview"] is False


@BOTH
def test_its_layers_are_cached_where_tags_move(services: Evaluation, bootstrap: Evaluation, name: str) -> None:
    inputs = services.one(IMAGE, name).inputs
    cache = f"{bootstrap.exports['cache_repository_url']}:{name}"
    assert inputs["cacheFrom"] == [{"registry": {"ref": cache}}]
    # ECR takes no other manifest, and a cache that cannot be written must not fail a release.
    assert inputs["cacheTo"] == [
        {
            "registry": {
                "ref": cache,
                "mode": "max",
                "imageManifest": True,
                "ociMediaTypes": True,
                "ignoreError": True,
            }
        }
    ]


@BOTH
def test_the_registrys_password_is_secret(services: Evaluation, bootstrap: Evaluation, name: str) -> None:
    image = services.one(IMAGE, name)
    (registry,) = image.inputs["registries"]
    assert registry["address"] == bootstrap.exports[f"{name}_repository_url"].split("/")[0]
    assert registry["username"] == "AWS"
    assert "registries" in image.secret_inputs


@pytest.mark.parametrize(("architecture", "docker"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
def test_one_setting_chooses_the_platform(evaluate_services: Again, architecture: str, docker: str) -> None:
    images = evaluate_services(config={"architecture": architecture}).of(IMAGE)
    assert [image.inputs["platforms"] for image in images] == [[docker], [docker]]


def test_they_are_built_one_after_the_other(services: Evaluation) -> None:
    backend, component = services.one(IMAGE, "backend"), services.one("conducky:services:ApplicationImage", "frontend")
    assert backend.urn in component.depends_on, "two builds at once run a small computer out of memory"

    def position(image: Resource) -> int:
        return services.resources.index(image)

    assert position(backend) < position(services.one(IMAGE, "frontend"))


def test_the_tag_follows_the_source_and_nothing_else(evaluate_services: Again, copy: Path) -> None:
    """What is changed, in which application, and whose tag that changes."""

    def tags() -> dict[str, str]:
        services = evaluate_services(root=copy)
        return {name: tag(services, name) for name in ("backend", "frontend")}

    before = tags()
    assert tags() == before, "an `up` without a change must build nothing"

    (copy / "backend" / "notes").write_text("to myself\n")
    (copy / "backend" / "main.js").touch()
    assert tags() == before, "an ignored file and a new modification time are no change"

    (copy / "backend" / "main.js").write_text("console.log(2);\n")
    changed = tags()
    assert changed["backend"] != before["backend"], "a changed file must be a new image"
    assert changed["frontend"] == before["frontend"], "the frontend did not change"

    (copy / "frontend" / "Dockerfile").write_text("FROM scratch\nUSER 1000:1000\n")
    assert tags()["frontend"] != before["frontend"], "a changed Dockerfile must be a new image"
    assert tags()["backend"] == changed["backend"], "the backend did not change"


def test_another_processor_has_another_tag(evaluate_services: Again, copy: Path) -> None:
    arm, intel = (evaluate_services(root=copy, config={"architecture": kind}) for kind in ("arm64", "x86_64"))
    assert tag(arm, "backend") != tag(intel, "backend")
    assert tag(arm, "frontend") != tag(intel, "frontend")


def test_a_changed_build_argument_has_another_tag(evaluate_services: Again, copy: Path) -> None:
    before = evaluate_services(root=copy)
    after = evaluate_services(root=copy, variables={"NEXT_PUBLIC_API_URL": "https://api.example.com"})
    assert tag(after, "frontend") != tag(before, "frontend")
    assert tag(after, "backend") == tag(before, "backend")


DIGEST = "sha256:" + "1" * 64
Pushed = Callable[[Mapping[str, str]], None]


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> Pushed:
    """Let ECR have these images: digests by `REPOSITORY:TAG`."""
    original = lookups.answer

    def have(images: Mapping[str, str]) -> None:
        def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
            found = original(token, arguments, place)
            if token != "aws:ecr/getImages:getImages" or found is None:
                return found
            prefix = f"/{arguments['repositoryName']}:"
            listed = [
                {"imageTag": reference.split(prefix)[1], "imageDigest": digest}
                for reference, digest in images.items()
                if prefix in reference
            ]
            return {**found, "imageIds": [*listed, {"imageDigest": "sha256:untagged"}]}

        monkeypatch.setattr(lookups, "answer", answer)

    return have


def in_state(services: Evaluation, **more: object) -> dict[tuple[str, str], Properties]:
    """The images of an evaluation as the state has them after it was deployed."""
    return {(IMAGE, image.name): {**image.outputs, **more} for image in services.of(IMAGE)}


@BOTH
def test_a_tag_that_is_in_ecr_is_taken_and_not_built_again(
    evaluate_services: Again, services: Evaluation, bootstrap: Evaluation, pushed: Pushed, name: str
) -> None:
    """Pushed by an `up` that was killed before it could note it: ECR would refuse the same tag again."""
    pushed({tag(services, name): DIGEST})
    again = evaluate_services()
    assert [image.name for image in again.of(IMAGE)] == [each for each in ("backend", "frontend") if each != name]
    assert container(again, name)["image"] == f"{bootstrap.exports[f'{name}_repository_url']}@{DIGEST}"
    assert container(again, name)["environment"] == container(services, name)["environment"]


def test_what_the_state_has_stays_in_it(evaluate_services: Again, services: Evaluation, pushed: Pushed) -> None:
    pushed({tag(services, image.name): image.outputs["digest"] for image in services.of(IMAGE)})
    again = evaluate_services(deployed=in_state(services))
    assert [image.inputs for image in again.of(IMAGE)] == [image.inputs for image in services.of(IMAGE)]


def test_an_older_source_is_taken_from_ecr_again(
    evaluate_services: Again, services: Evaluation, pushed: Pushed
) -> None:
    """A release is reverted: the state has the newer image, and ECR has the older one still."""
    pushed({tag(services, "backend"): DIGEST})
    newer = {(IMAGE, "backend"): {"tags": ["repository:build-newer"], "digest": "sha256:newer"}}
    again = evaluate_services(deployed=newer)
    assert container(again, "backend")["image"].endswith(f"@{DIGEST}")
    assert [image.name for image in again.of(IMAGE)] == ["frontend"]


def test_an_image_that_is_gone_from_ecr_is_built_again_once(
    evaluate_services: Again, services: Evaluation, pushed: Pushed
) -> None:
    """Tasks could not pull it, and without a change of its inputs it would not be pushed."""
    gone = evaluate_services(deployed=in_state(services)).one(IMAGE, "backend")
    assert gone.inputs["labels"] != services.one(IMAGE, "backend").inputs.get("labels")
    pushed({tag(services, name): DIGEST for name in ("backend", "frontend")})
    back = evaluate_services(deployed=in_state(services, labels=gone.inputs["labels"])).one(IMAGE, "backend")
    assert back.inputs == gone.inputs, "once it is pushed, nothing changes any more"


def test_the_modes_of_its_files_are_the_same_everywhere(evaluate_services: Again, copy: Path) -> None:
    """docker-build's hash covers the whole mode: with another umask the same commit would be built and pushed again."""
    for name, mode in (("main.js", 0o664), ("Dockerfile", 0o600), (".dockerignore", 0o640)):
        (copy / "backend" / name).chmod(mode)
    (copy / "backend" / "entrypoint.sh").write_text("#!/bin/sh\n")
    (copy / "backend" / "entrypoint.sh").chmod(0o775)
    evaluate_services(root=copy)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (copy / "backend").iterdir()}
    assert found == {"main.js": 0o644, "Dockerfile": 0o644, ".dockerignore": 0o644, "entrypoint.sh": 0o755}


@BOTH
def test_an_earlier_image_runs_without_a_build_and_answers_with_its_own_tag(
    evaluate_services: Again, bootstrap: Evaluation, pushed: Pushed, name: str
) -> None:
    repository = bootstrap.exports[f"{name}_repository_url"]
    pushed({f"{repository}:{each}": DIGEST for each in ("live-20261126T093000Z", "build-0123")})
    made = evaluate_services(config={f"{name}Image": DIGEST})
    assert container(made, name)["image"] == f"{repository}@{DIGEST}"
    assert [each.name for each in made.of(IMAGE)] == [other for other in ("backend", "frontend") if other != name]
    if name == "backend":
        assert {"name": "APP_REVISION", "value": "build-0123"} in container(made, name)["environment"]


@BOTH
def test_an_image_that_ecr_does_not_have_is_refused_before_anything_is_created(
    evaluate_services: Again, pushed: Pushed, begun: list[str], name: str
) -> None:
    pushed({})
    with pytest.raises(UserError) as caught:
        evaluate_services(config={f"{name}Image": DIGEST})
    assert f"`{name}Image` is {DIGEST}" in caught.value.problem
    assert f"config rm {name}Image" in caught.value.fix
    assert "aws:ecs/service:Service" not in begun


def test_the_backends_newest_migration_is_a_label_of_its_image(services: Evaluation) -> None:
    newest = max(each.name for each in (ROOT / "backend" / "prisma" / "migrations").iterdir() if each.is_dir())
    assert services.one(IMAGE, "backend").inputs["labels"] == {"conducky.migration": newest}
    assert "labels" not in services.one(IMAGE, "frontend").inputs
