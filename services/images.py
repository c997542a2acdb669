"""The applications' images: built from this repository, pushed to ECR once, known by their digest."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pulumi
import pulumi_aws as aws
import pulumi_docker_build as docker_build
from public_urls import PublicUrls

from conducky.contracts import BootstrapOutputs
from conducky.deployed import deployed_resources
from conducky.errors import UserError
from conducky.images.context import context_digest, normalise_modes
from conducky.images.prisma import find_migrations, migration_names
from conducky.repository import WORKER
from conducky.settings import config_command
from conducky.settings.application import Application, Backend
from conducky.settings.services import ServicesSettings

# Docker's name for what ECS and Linux call the architecture.
_PLATFORMS: dict[str, docker_build.Platform] = {
    "arm64": docker_build.Platform.LINUX_ARM64,
    "x86_64": docker_build.Platform.LINUX_AMD64,
}
# Fargate starts a task of zstd layers up to 27 % sooner than one of gzip; forced, those of the base image are zstd too.
# Docker's default builder cannot do it and pushes gzip. Without a level the provider leaves the compression out.
# https://aws.amazon.com/blogs/containers/reducing-aws-fargate-startup-times-with-zstd-compressed-container-images/
_PUSH: docker_build.ExportRegistryArgsDict = {
    "push": True,
    "oci_media_types": True,
    "compression": docker_build.CompressionType.ZSTD,
    "compression_level": 3,
    "force_compression": True,
}
_ROOT = Path(__file__).parent.parent
_REBUILT = "conducky.rebuilt"
_BUILD = "build-"
# The newest migration that an image has: what `conducky rollback` compares with.
_MIGRATION = "conducky.migration"


@dataclass(frozen=True)
class ApplicationImageArgs:
    """What is built, for which processor, and where it and its layers go.

    `before` is the image as the state has it. `digest` is that of an earlier image to run
    instead, of which nothing is built.
    """

    application: Application
    repository_url: str
    cache_repository_url: str
    architecture: Literal["arm64", "x86_64"]
    before: Mapping[str, Any] | None
    build_addresses: Mapping[str, str] = field(default_factory=dict[str, str])
    digest: str | None = None

    @property
    def context(self) -> Path:
        """The folder that it is built from."""
        return _ROOT / self.application.context

    @property
    def dockerfile(self) -> Path:
        """The file that says how."""
        return self.context / self.application.dockerfile

    @property
    def named_dockerfile(self) -> docker_build.DockerfileArgsDict | None:
        """The file as Docker gets it; none where it is the one that Docker takes by itself."""
        file = self.application.dockerfile
        return None if file == "Dockerfile" else {"location": f"../{self.application.context}/{file}"}

    @property
    def all_build_args(self) -> dict[str, str]:
        """The build arguments of the settings, and those that hold addresses."""
        return {**self.application.build_args, **self.build_addresses}


class ApplicationImage(pulumi.ComponentResource):
    """An image under a tag of its own for each state of the source; tasks name it by digest.

    ECR refuses to move a tag. So what it has under the tag is taken, wherever it comes from: another computer, an `up`
    that was interrupted before it could note the image in the state, or one before the stack was destroyed.
    """

    tag: str
    reference: pulumi.Output[str]

    def __init__(self, name: str, args: ApplicationImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:ApplicationImage", name, None, opts)
        if args.digest:
            self.tag = _tag_of(name, args.repository_url, args.digest)
            self.reference = pulumi.Output.from_input(f"{args.repository_url}@{args.digest}")
            self.register_outputs({"reference": self.reference})
            return
        normalise_modes(args.context, args.dockerfile)
        self.tag = _tag(args)
        tagged = f"{args.repository_url}:{self.tag}"
        before = args.before or {}
        is_ours, pushed = before.get("tags") == [tagged], _pushed(args.repository_url, self.tag)
        if pushed and not is_ours:
            digest: pulumi.Input[str] = pushed
        else:
            # Expired or deleted in ECR since: a label makes it another image, so that it is built and pushed again.
            earlier: Mapping[str, str] = before.get("labels") or {}
            rebuilt = int(earlier.get(_REBUILT, "0")) + (pushed is None) if is_ours else 0
            labels = _labels(args) | ({_REBUILT: str(rebuilt)} if rebuilt else {})
            digest = self._build(name, args, tagged, labels or None).digest
        self.reference = pulumi.Output.concat(args.repository_url, "@", digest)
        self.register_outputs({"reference": self.reference})

    def _build(
        self, name: str, args: ApplicationImageArgs, tagged: str, labels: Mapping[str, str] | None
    ) -> docker_build.Image:
        cache = f"{args.cache_repository_url}:{name}"
        return docker_build.Image(
            name,
            context={"location": f"../{args.application.context}"},
            dockerfile=args.named_dockerfile,
            target=args.application.target,
            platforms=[_PLATFORMS[args.architecture]],
            build_args=args.all_build_args,
            labels=dict(labels) if labels else None,
            tags=[tagged],
            push=False,  # which could not say how; the provider wants an answer
            exports=[{"registry": _PUSH}],
            # A preview has no need of Docker, nor of the minutes.
            build_on_preview=False,
            registries=[self._registry(args.repository_url)],
            cache_from=[{"registry": {"ref": cache}}],
            # ECR takes a cache only as an OCI image manifest; a cache that cannot be written must not fail a release.
            cache_to=[
                {
                    "registry": {
                        "ref": cache,
                        "mode": docker_build.CacheMode.MAX,
                        "image_manifest": True,
                        "oci_media_types": True,
                        "ignore_error": True,
                    }
                }
            ],
            # Deleting the resource would delete the image from ECR, and with it what a rollback runs.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )

    def _registry(self, repository_url: str) -> docker_build.RegistryArgsDict:
        """ECR's address with a token that is good for twelve hours; Pulumi ignores it when it compares."""
        token = aws.ecr.get_authorization_token_output(opts=pulumi.InvokeOutputOptions(parent=self))
        return {
            "address": repository_url.split("/", maxsplit=1)[0],
            "username": token.user_name,
            "password": pulumi.Output.secret(token.password),
        }


def application_image(  # the last is keyword-only
    name: str,
    application: Application,
    settings: ServicesSettings,
    bootstrap: BootstrapOutputs,
    urls: PublicUrls,
    *,
    after: Sequence[ApplicationImage] = (),
) -> ApplicationImage:
    """An application's image; a worker's is in the backend's repository, for another one would need an admin."""
    home = "backend" if name == WORKER else name
    args = ApplicationImageArgs(
        application,
        bootstrap.value(f"{home}_repository_url"),
        bootstrap.value("cache_repository_url"),
        settings.architecture,
        deployed_resources("docker-build:index:Image").get(name),
        build_addresses=urls.named(application.build_addresses),
        digest=None if name == WORKER else getattr(settings, f"{name}_image"),
    )
    for other in after:
        if name == WORKER and other.tag == _tag(args):
            return other  # Built from the same: ECR takes each tag once
    return ApplicationImage(name, args, pulumi.ResourceOptions(depends_on=[*after]))


def _repository(repository_url: str) -> str:
    return repository_url.split("/", 1)[1]


def _images_in(repository_url: str) -> Sequence[aws.ecr.outputs.GetImagesImageIdResult]:
    """What ECR has in a repository: each image once for each of its tags."""
    return aws.ecr.get_images(repository_name=_repository(repository_url)).image_ids


def _pushed(repository_url: str, tag: str) -> str | None:
    """The digest of what ECR has under a tag."""
    return next((image.image_digest for image in _images_in(repository_url) if image.image_tag == tag), None)


def _tag_of(name: str, repository_url: str, digest: str) -> str:
    """The tag under which an earlier image was built.

    Raises:
        UserError: when ECR does not have it any more.
    """
    images = _images_in(repository_url)
    tags = sorted(image.image_tag for image in images if image.image_digest == digest and image.image_tag)
    found = next((tag for tag in tags if tag.startswith(_BUILD)), None)
    if found is None:
        remove = config_command("services", f"rm {name}Image")
        raise UserError(
            f"`{name}Image` is {digest}, which {_repository(repository_url)} does not have (any more)",
            f"see `conducky releases --stack {pulumi.get_stack()}`, or run {remove}",
        )
    return found


def _labels(args: ApplicationImageArgs) -> dict[str, str]:
    """What the backend's image says about itself: its newest migration, if it has any."""
    migrations = find_migrations(args.context, args.dockerfile) if isinstance(args.application, Backend) else None
    return {_MIGRATION: migration_names(migrations)[-1]} if migrations else {}


def _tag(args: ApplicationImageArgs) -> str:
    """The tag of one build: `build-` and the first half of a hash of all that goes into it.

    The builder and how it pushes are part of it: either, changed, pushes other bytes, and ECR moves no tag.
    """
    builder = version("pulumi-docker-build")
    source = context_digest(
        args.context, args.dockerfile, extra={"architecture": args.architecture, "builder": builder}
    )
    target = args.application.target
    everything: list[Any] = [source, args.all_build_args, _labels(args), _PUSH, *([target] if target else [])]
    return f"{_BUILD}{hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:32]}"
