"""The images: a tag for each state of the source, tasks pinned by digest, quick and quiet builds."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.evaluation.evaluate import Evaluation, Resource
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
    assert services.one(IMAGE, name).inputs["push"] is True
    repository = bootstrap.exports[f"{name}_repository_url"]
    assert re.fullmatch(re.escape(repository) + ":build-[0-9a-f]{32}", tag(services, name))


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
def test_a_live_image_is_never_deleted(services: Evaluation, name: str) -> None:
    assert services.one(IMAGE, name).retain_on_delete


@BOTH
def test_a_preview_builds_nothing(services: Evaluation, name: str) -> None:
    assert services.one(IMAGE, name).inputs["buildOnPreview"] is False


@BOTH
def test_its_layers_are_cached_in_its_repository(services: Evaluation, bootstrap: Evaluation, name: str) -> None:
    inputs = services.one(IMAGE, name).inputs
    cache = f"{bootstrap.exports[f'{name}_repository_url']}:cache"
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
    assert backend.urn in component.depends_on, "two builds at once run a small machine out of memory"

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
