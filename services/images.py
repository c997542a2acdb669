"""The applications' images: built from this repository, pushed to ECR once, known by their digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pulumi
import pulumi_aws as aws
import pulumi_docker_build as docker_build

from conducky.deployed import deployed_resources
from conducky.images.context import context_digest, normalise_modes

# Docker's name for what ECS and Linux call the architecture.
_PLATFORMS: dict[str, docker_build.Platform] = {
    "arm64": docker_build.Platform.LINUX_ARM64,
    "x86_64": docker_build.Platform.LINUX_AMD64,
}
_HERE = Path(__file__).parent
_REBUILT = "conducky.rebuilt"


@dataclass(frozen=True)
class ApplicationImageArgs:
    """What is built, for which processor, and where it and its layers go.

    `source` is relative to this folder; `before` is the image as the state has it, from `images_before`.
    """

    source: str
    repository_url: str
    cache_repository_url: str
    architecture: Literal["arm64", "x86_64"]
    before: Mapping[str, Any] | None
    build_args: Mapping[str, str] = field(default_factory=dict[str, str])


def images_before() -> Mapping[str, Mapping[str, Any]]:
    """The images in the state, by the name of the application."""
    return deployed_resources("docker-build:index:Image")


class ApplicationImage(pulumi.ComponentResource):
    """An image under a tag of its own for each state of the source; tasks name it by digest.

    ECR refuses to move a tag. So what it has under the tag is taken, wherever it comes from: another computer, an `up`
    that was interrupted before it could note the image in the state, or one before the stack was destroyed.
    """

    tag: str
    reference: pulumi.Output[str]

    def __init__(self, name: str, args: ApplicationImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:ApplicationImage", name, None, opts)
        normalise_modes(_HERE / args.source)
        self.tag = _tag(args)
        tagged = f"{args.repository_url}:{self.tag}"
        before = args.before or {}
        is_ours, pushed = before.get("tags") == [tagged], _pushed(args.repository_url, self.tag)
        if pushed and not is_ours:
            digest: pulumi.Input[str] = pushed
        else:
            # Expired or deleted in ECR since: a label makes it another image, so that it is built and pushed again.
            labels: Mapping[str, str] = before.get("labels") or {}
            rebuilt = int(labels.get(_REBUILT, "0")) + (pushed is None) if is_ours else 0
            digest = self._build(name, args, tagged, {_REBUILT: str(rebuilt)} if rebuilt else None).digest
        self.reference = pulumi.Output.concat(args.repository_url, "@", digest)
        self.register_outputs({"reference": self.reference})

    def _build(
        self, name: str, args: ApplicationImageArgs, tagged: str, labels: Mapping[str, str] | None
    ) -> docker_build.Image:
        cache = f"{args.cache_repository_url}:{name}"
        return docker_build.Image(
            name,
            context={"location": args.source},
            platforms=[_PLATFORMS[args.architecture]],
            build_args=dict(args.build_args),
            labels=dict(labels) if labels else None,
            tags=[tagged],
            push=True,
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


def _pushed(repository_url: str, tag: str) -> str | None:
    """The digest of what ECR has under a tag."""
    repository = repository_url.split("/", 1)[1]
    for image in aws.ecr.get_images(repository_name=repository).image_ids:
        if image.image_tag == tag:
            return image.image_digest
    return None


def _tag(args: ApplicationImageArgs) -> str:
    """The tag of one build: `build-` and the first half of a hash of all that goes into it.

    The builder is part of it, because another version of it may hash the same files differently, and would push again.
    """
    builder = version("pulumi-docker-build")
    source = context_digest(_HERE / args.source, extra={"architecture": args.architecture, "builder": builder})
    everything: list[Any] = [source, dict(args.build_args)]
    return f"build-{hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:32]}"
