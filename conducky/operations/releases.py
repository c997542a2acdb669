"""`conducky releases`: what was proven live, the newest first, from the tags that each proof leaves in ECR."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from conducky.access import READS_CONTAINERS, asking_aws, in_parallel
from conducky.deployment import PulumiCli, Selection
from conducky.errors import UserError, quoted
from conducky.naming import LIVE_TAG
from conducky.operations.history import Update, updates
from conducky.operations.target import Target
from conducky.repository import APPLICATIONS

_HISTORY: Final = 50
# One proof tags both images one after the other.
_TOGETHER: Final = timedelta(minutes=1)
_SHORTEST: Final = 7  # characters of a digest that a person types


@dataclass(frozen=True)
class Release:
    """What ran from a time on: each application's digest and build tag. `update` is Pulumi's record of it, if any."""

    at: datetime
    images: Mapping[str, str]
    builds: Mapping[str, str]
    update: Update | None = None

    def as_json(self) -> Mapping[str, Any]:
        """For scripts."""
        told = self.update
        return {
            "at": self.at.isoformat(),
            "images": dict(self.images),
            "builds": dict(self.builds),
            "commit": told.commit if told else "",
            "author": told.author if told else "",
            "message": told.message if told else "",
        }


def running(target: Target) -> Mapping[str, str]:
    """The digest of each application that was deployed last. Raises UserError when services exports none."""
    found = {each: str(target.outputs.get(f"{each}_image", "")).rpartition("@")[2] for each in APPLICATIONS}
    if not all(found.values()):
        raise target.not_deployed(f"the outputs of services/{target.stack}")
    return found


def releases(target: Target) -> Sequence[Release]:
    """The releases whose images ECR has, the newest first. Raises UserError when none is deployed, or AWS refuses."""
    running(target)
    ecr = target.client("ecr")
    found = sorted(
        (
            event
            for events in in_parallel(lambda app=app: _proofs(target, ecr, app) for app in APPLICATIONS)
            for event in events
        ),
        key=lambda event: event[0],
    )
    history: Sequence[Update] = () if target.rehearsal or target.why else _history(target)
    made: list[Release] = []
    images: dict[str, str] = {}
    builds: dict[str, str] = {}
    proven: set[str] = set()
    for at, application, digest, build in found:
        images[application], builds[application] = digest, build
        if made and at - made[-1].at < _TOGETHER and application not in proven:
            at = made.pop().at  # noqa: PLW2901  # it belongs to the same proof
        else:
            proven = set[str]()
        proven.add(application)
        update = next((each for each in history if each.started <= at), None)
        made.append(Release(at, dict(images), dict(builds), update))
    return made[::-1]


def wanted_images(target: Target, to: str, known: Sequence[Release]) -> Mapping[str, str]:
    """The digests of `previous`, or of an image by digest, build tag or revision. Raises UserError without any.

    `previous` is the newest release that differs from what was deployed last. That one may never have been proven, so
    the newest of all is among the candidates.
    """
    now = running(target)
    if to == "previous":
        before = next((each for each in known if any(now[app] != image for app, image in each.images.items())), None)
        if before is None:
            raise UserError("there is no earlier release to go back to", f"see {target.command('releases')}")
        return {app: image for app, image in before.images.items() if image != now[app]}
    if ":" in to and not to.startswith("sha256:"):
        return _of_revision(target, to)
    typed = to.removeprefix("sha256:")
    matching = {
        (app, image)
        for each in known
        for app, image in each.images.items()
        if (len(typed) >= _SHORTEST and image.removeprefix("sha256:").startswith(typed)) or each.builds[app] == to
    }
    if len(matching) != 1:
        what = "several releases" if matching else "no release"
        raise UserError(f"{quoted(to)} is the image of {what}", f"choose one from {target.command('releases')}")
    return dict(matching)


def _of_revision(target: Target, revision: str) -> Mapping[str, str]:
    application = next((each for each in APPLICATIONS if each in revision), "")
    family = revision if revision.startswith(target.names.prefix) else target.names.of(revision)
    if not application or not re.fullmatch(r"[\w-]+:\d+", family):
        raise UserError(
            f"{quoted(revision)} is not a revision", f"write `backend:7`, as {target.command('status')} shows it"
        )
    with asking_aws(f"see the revision {family}", target.policy("deployer-reads")):
        try:
            answer = target.ecs.describe_task_definition(taskDefinition=family)
        except target.ecs.exceptions.ClientException:
            raise UserError(f"there is no revision {quoted(family)}", f"see {target.command('releases')}") from None
    (container, *_) = answer["taskDefinition"]["containerDefinitions"]
    return {application: str(container["image"]).rpartition("@")[2]}


def _proofs(target: Target, ecr: Any, application: str) -> list[tuple[datetime, str, str, str]]:  # noqa: ANN401
    """Each proof that an image was live: when, of which application, its digest and its build tag."""
    repository = str(target.outputs[f"{application}_image"]).partition("@")[0].split("/", 1)[1]
    with asking_aws(f"see the images of {application}", target.policy(READS_CONTAINERS)):
        try:
            pages = [*ecr.get_paginator("describe_images").paginate(repositoryName=repository)]
        except ecr.exceptions.RepositoryNotFoundException:
            raise target.not_deployed(f"the repository {repository}") from None
    return [
        (
            datetime.strptime(tag, f"{LIVE_TAG}%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
            application,
            str(image["imageDigest"]),
            next((each for each in image["imageTags"] if each.startswith("build-")), ""),
        )
        for page in pages
        for image in page["imageDetails"]
        for tag in image.get("imageTags", [])
        if re.fullmatch(LIVE_TAG + r"\d{8}T\d{6}Z", tag)
    ]


def _history(target: Target) -> Sequence[Update]:
    try:
        found = updates(PulumiCli(Selection.of(target.stack, None)), "services", _HISTORY)
    except UserError:
        return []
    return [each for each in found if each.result == "succeeded"]
