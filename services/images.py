"""The applications' images: built from this repository, pushed to ECR, known by their digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pulumi
import pulumi_aws as aws
import pulumi_docker_build as docker_build

from conducky.images.context import context_digest

# Docker's name for what ECS and Linux call the architecture.
_PLATFORMS: dict[str, docker_build.Platform] = {
    "arm64": docker_build.Platform.LINUX_ARM64,
    "x86_64": docker_build.Platform.LINUX_AMD64,
}
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class ApplicationImageArgs:
    """What is built, for which processor, and where it goes. `source` is relative to this folder."""

    source: str
    repository_url: pulumi.Output[str]
    architecture: Literal["arm64", "x86_64"]
    build_args: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class ApplicationImage(pulumi.ComponentResource):
    """An image under a tag of its own for each state of the source; tasks name it by digest, so a tag moves nothing."""

    tag: pulumi.Output[str]
    reference: pulumi.Output[str]

    def __init__(self, name: str, args: ApplicationImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:ApplicationImage", name, None, opts)
        # The same source with the same arguments gives the same tag, so an `up` without a change builds nothing.
        source = context_digest(_HERE / args.source, extra={"architecture": args.architecture})
        build_args: pulumi.Input[Mapping[str, pulumi.Input[str]]] = dict(args.build_args)
        self.tag = pulumi.Output.from_input(build_args).apply(lambda arguments: _tag(source, arguments))
        cache = pulumi.Output.concat(args.repository_url, ":cache")
        image = docker_build.Image(
            name,
            context={"location": args.source},
            platforms=[_PLATFORMS[args.architecture]],
            build_args=dict(args.build_args),
            tags=[pulumi.Output.concat(args.repository_url, ":", self.tag)],
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
        self.reference = pulumi.Output.concat(args.repository_url, "@", image.digest)
        self.register_outputs({"reference": self.reference})

    def _registry(self, repository_url: pulumi.Output[str]) -> docker_build.RegistryArgsDict:
        """ECR's address with a token that is good for twelve hours; Pulumi ignores it when it compares."""
        token = aws.ecr.get_authorization_token_output(opts=pulumi.InvokeOutputOptions(parent=self))
        return {
            "address": repository_url.apply(lambda url: url.split("/")[0]),
            "username": token.user_name,
            "password": pulumi.Output.secret(token.password),
        }


def _tag(source: str, build_args: Mapping[str, object]) -> str:
    """The tag of one build: `build-` and the first half of a hash of all that goes into it."""
    everything = json.dumps([source, build_args], sort_keys=True)
    return f"build-{hashlib.sha256(everything.encode()).hexdigest()[:32]}"
