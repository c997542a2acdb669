"""Going back on AWS: which images, what is written, asked and said."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from conducky.deployment import PulumiCli
from conducky.errors import UserError
from conducky.operations.deployments import Deployments
from conducky.operations.releases import releases, wanted_images
from conducky.operations.rollback import Rollback
from conducky.operations.target import Target
from tests.conducky.operations.conftest import DIGEST, Run
from tests.fakes.aws_api import AwsApi
from tests.fakes.pulumi import FakePulumi

OLD, OLDER = "sha256:" + "6" * 64, "sha256:" + "5" * 64
FRONTEND = "sha256:" + "f" * 64
CONFIG = "sha256:" + "c" * 64


def image(digest: str, *tags: str) -> dict[str, Any]:
    return {"imageDigest": digest, "imageTags": [f"build-{digest[-4:]}", *tags]}


@pytest.fixture(autouse=True)
def registry(api: AwsApi, pulumi: FakePulumi) -> None:
    """Three releases of the backend, and two of the frontend: its last is the one that it has now."""
    backend = [
        image(DIGEST, "live-20261126T100001Z"),
        image(OLD, "live-20261125T100001Z"),
        image(OLDER, "live-20261124T100001Z", "live-20261120T100000Z"),
        {"imageDigest": "sha256:never-live", "imageTags": ["build-1"]},
        {"imageDigest": "sha256:untagged"},
    ]
    frontend = [image(DIGEST, "live-20261125T100003Z"), image(FRONTEND, "live-20261120T100004Z")]
    details = {"conducky-dev-backend": backend, "conducky-dev-frontend": frontend}
    api.answer("ecr.DescribeImages", lambda request: {"imageDetails": details[request["repositoryName"]]})
    entries = [
        {
            "kind": "update",
            "result": "succeeded",
            "startTime": f"2026-11-{day}T09:59:00.000Z",
            "message": "Merge",
            "environment": {"git.head": f"c0ffee{day}", "git.author": "Ada"},
        }
        for day in (26, 25, 20)
    ]
    pulumi.answer("services", "history", out=json.dumps(entries))
    for verb in ("config", "set", "rm"):
        pulumi.answer("services", verb)


def test_a_release_is_what_one_proof_tagged_with_its_commit_and_author(target: Target) -> None:
    found = releases(target)
    assert [f"{each.at:%d}" for each in found] == ["26", "25", "24", "20"]
    assert [each.images for each in found] == [
        {"backend": DIGEST, "frontend": DIGEST},
        {"backend": OLD, "frontend": DIGEST},
        {"backend": OLDER, "frontend": FRONTEND},
        {"backend": OLDER, "frontend": FRONTEND},
    ]
    update = found[0].update
    assert update
    assert (update.commit, update.author) == ("c0ffee26", "Ada")
    assert found[0].at == datetime(2026, 11, 26, 10, 0, 1, tzinfo=UTC)


def test_the_list_is_for_people_and_for_scripts(run: Run) -> None:
    shown = run("releases").out.splitlines()
    assert len(shown) == 4
    assert "c0ffee26 Ada Merge" in shown[0]
    assert json.loads(run("releases", "--json").out)[1]["commit"] == "c0ffee25"


@pytest.mark.parametrize(
    ("to", "images"),
    [
        ("previous", {"backend": OLD}),
        (OLDER, {"backend": OLDER}),
        ("5555555", {"backend": OLDER}),
        ("build-ffff", {"frontend": FRONTEND}),
        ("backend:3", {"backend": OLD}),
        ("conducky-dev-backend:3", {"backend": OLD}),
    ],
)
def test_what_to_go_back_to(api: AwsApi, target: Target, to: str, images: dict[str, str]) -> None:
    definition = {"containerDefinitions": [{"image": f"registry/conducky-dev-backend@{OLD}"}]}
    api.answer("ecs.DescribeTaskDefinition", {"taskDefinition": definition})
    assert wanted_images(target, to, releases(target)) == images
    for asked in api.made("ecs.DescribeTaskDefinition"):
        assert asked["taskDefinition"] == "conducky-dev-backend:3"


def test_what_was_deployed_and_never_proven_goes_back_to_the_last_that_was(api: AwsApi, target: Target) -> None:
    proven = [image(OLD, "live-20261125T100001Z"), image(OLDER, "live-20261124T100001Z")]
    details = {
        "conducky-dev-backend": [image(DIGEST), *proven],
        "conducky-dev-frontend": [image(DIGEST, "live-20261125T100003Z"), image(FRONTEND, "live-20261124T100004Z")],
    }
    api.answer("ecr.DescribeImages", lambda request: {"imageDetails": details[request["repositoryName"]]})
    assert wanted_images(target, "previous", releases(target)) == {"backend": OLD}


@pytest.mark.parametrize("to", ["sha256:dead", "555", "build-1", "worker:3", "backend:x"])
def test_what_is_no_release_is_refused(target: Target, to: str) -> None:
    with pytest.raises(UserError):
        wanted_images(target, to, releases(target))


class Going(Rollback):
    """A rollback whose deployment, questions and notes are recorded."""

    def __init__(self, target: Target, root: Path, *, answer: bool = True) -> None:
        self.notes, self.asked, self.deployed = list[str](), list[str](), list[PulumiCli]()
        super().__init__(target, self.notes.append, self._ask(answer), Deployments(target, self._deploy, root))

    def _ask(self, answer: bool) -> Callable[[str], bool]:  # noqa: FBT001
        def ask(question: str) -> bool:
            self.asked.append(question)
            return answer

        return ask

    def _deploy(self, pulumi: PulumiCli, _options: Sequence[str]) -> int:
        self.deployed.append(pulumi)
        return 0


@pytest.fixture
def config(api: AwsApi, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The configuration of the image in ECR, which a test may change."""
    found: dict[str, Any] = {"config": {"Labels": {"conducky.migration": "20260101000000_init"}}}
    index = {"manifests": [{"digest": "sha256:arm64"}, {"digest": "sha256:attestation"}]}

    def manifest(request: dict[str, Any]) -> dict[str, Any]:
        (wanted,) = request["imageIds"]
        text = {"config": {"digest": CONFIG}} if wanted["imageDigest"] == "sha256:arm64" else index
        return {"images": [{"imageManifest": json.dumps(text)}], "failures": []}

    api.answer("ecr.BatchGetImage", manifest)
    api.answer("ecr.GetDownloadUrlForLayer", {"downloadUrl": "https://example.com/config", "layerDigest": CONFIG})
    request = httpx.Request("GET", "https://example.com/config")
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(200, json=found, request=request))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("20260101000000_init", "20260201000000_more", "20260301000000_last"):
        (tmp_path / "backend" / "prisma" / "migrations" / name).mkdir(parents=True)
    rolled_back(tmp_path)
    return tmp_path


def rolled_back(checkout: Path, *applications: str) -> None:
    """Write a stack file in which these have an image."""
    lines = "".join(f"  conducky-services:{each}Image: {OLD}\n" for each in applications)
    (checkout / "services").mkdir(exist_ok=True)
    (checkout / "services" / "Pulumi.dev.yaml").write_text(f"config:\n  conducky-services:backendCount: 1\n{lines}")


def test_it_sets_the_images_deploys_services_and_says_how_to_go_forward(
    pulumi: FakePulumi, target: Target, config: dict[str, Any], checkout: Path
) -> None:
    going = Going(target, checkout)
    assert going.run("previous") == 0
    (words,) = [call.words for call in pulumi.calls if " config set " in call.words]
    assert words.startswith(f"-C services config set backendImage {OLD} --stack dev")
    assert [each.selection.layers for each in going.deployed] == [("services",)]
    said = "\n".join(going.notes)
    assert "commit that file" in said
    assert "conducky rollback --forward --stack dev" in said


def test_migrations_that_the_image_does_not_know_are_listed_and_asked_about(
    target: Target, config: dict[str, Any], checkout: Path
) -> None:
    going = Going(target, checkout)
    going.run("previous")
    assert [note.strip() for note in going.notes if note.startswith("  ")] == [
        "20260201000000_more",
        "20260301000000_last",
    ]
    assert "able to work with them" in going.asked[0]
    config["config"]["Labels"]["conducky.migration"] = "20260301000000_last"
    going = Going(target, checkout)
    going.run("previous")
    assert "migrations" not in "\n".join([*going.notes, *going.asked])


@pytest.mark.parametrize("where", ["context: shop/api", "{context: shop, dockerfile: api/Dockerfile}"])
def test_migrations_are_looked_for_where_the_settings_have_the_backend(
    target: Target, config: dict[str, Any], checkout: Path, where: str
) -> None:
    (checkout / "shop").mkdir()
    (checkout / "backend").rename(checkout / "shop" / "api")
    with (checkout / "services" / "Pulumi.dev.yaml").open("a") as settings:
        settings.write(f"  conducky-services:backend:\n    {where}\n")
    going = Going(target, checkout)
    going.run("previous")
    assert "able to work with them" in going.asked[0]


def test_an_image_without_the_label_is_said(target: Target, config: dict[str, Any], checkout: Path) -> None:
    config["config"] = {}
    going = Going(target, checkout)
    going.run("previous")
    assert any("does not say which migrations it has" in note for note in going.notes)


def test_without_agreement_nothing_is_changed(
    pulumi: FakePulumi, target: Target, config: dict[str, Any], checkout: Path
) -> None:
    going = Going(target, checkout, answer=False)
    with pytest.raises(UserError, match="nothing was changed"):
        going.run("previous")
    assert going.deployed == []
    assert not any(" config " in call.words for call in pulumi.calls)


@pytest.mark.parametrize("applications", [("backend", "frontend"), ("frontend",)])
def test_forward_removes_what_is_set_and_deploys(
    pulumi: FakePulumi, target: Target, checkout: Path, applications: Sequence[str]
) -> None:
    rolled_back(checkout, *applications)
    going = Going(target, checkout)
    assert going.forward() == 0
    words = [call.words.split(" --stack")[0] for call in pulumi.calls if " config " in call.words]
    assert words == [f"-C services config rm {each}Image" for each in applications]
    assert len(going.deployed) == 1
    names = " and ".join(f"{each}Image" for each in applications)
    assert going.notes == [f"{names} removed from services/Pulumi.dev.yaml: commit that file"]


def test_forward_where_nothing_is_rolled_back_changes_nothing(
    pulumi: FakePulumi, target: Target, checkout: Path
) -> None:
    going = Going(target, checkout)
    with pytest.raises(UserError, match="nothing is rolled back") as caught:
        going.forward()
    assert "`make deploy STACK=dev LAYER=services`" in caught.value.fix
    assert (going.deployed, going.notes) == ([], [])
    assert not any(" config " in call.words for call in pulumi.calls)


def test_forward_and_a_release_to_go_back_to_exclude_each_other(pulumi: FakePulumi, run: Run) -> None:
    ran = run("rollback", "--forward", "--to", "previous")
    assert ran.code == 1
    assert "`--to`" in ran.err
    assert not any(" config " in call.words for call in pulumi.calls)


def test_the_first_release_has_none_before_it(api: AwsApi, target: Target) -> None:
    api.answer("ecr.DescribeImages", {"imageDetails": [image(DIGEST, "live-20261126T100001Z")]})
    with pytest.raises(UserError, match="no earlier release"):
        wanted_images(target, "previous", releases(target))
