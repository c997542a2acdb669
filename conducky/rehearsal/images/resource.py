"""docker-build images: each is built from its Dockerfile on your computer, and kept under its digest and its tags."""

from importlib.metadata import version
from pathlib import Path

from packaging.version import Version

from conducky.cache import cache_folder
from conducky.catalog.property_bag import Properties, bag, texts
from conducky.images.context import context_digest
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.images.build import build_image
from conducky.rehearsal.images.lifecycle import Registry
from conducky.rehearsal.images.node import MAJOR
from conducky.rehearsal.images.prisma_engine import engine_for
from conducky.rehearsal.images.store import FORMAT, BuiltImage

_KEEPS_ITS_STATE = Version("0.0.22")


class Images:
    """The images of an account. `built` holds them by digest, `registry` what is in ECR."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.built: dict[str, BuiltImage] = {}
        self.registry = Registry(account)
        account.lookups["aws:ecr/getImages:getImages"] = self.registry.listed
        account.lookups["aws:ecr/getAuthorizationToken:getAuthorizationToken"] = self.registry.sign_in

    def build(self, request: Request) -> Properties:
        """Build the image, or take it from the cache; the digest covers everything that goes into it."""
        if not self.registry.is_signed_in(request.inputs):
            raise ResourceFailedError("denied: Your authorization token has expired. Reauthenticate and try again.")
        context = self._path(request, str(request.inputs["context"]["location"]))
        named = bag(request.inputs, "dockerfile").get("location")
        dockerfile = self._path(request, str(named)) if named else context / "Dockerfile"
        arguments = {str(name): str(value) for name, value in bag(request.inputs, "buildArgs").items()}
        # Tasks run locally whatever processor the image is for, so the platform makes no other build unless the
        # Dockerfile asks for it; but compiled packages fit one major version of Node only.
        platform = str(next(iter(texts(request.inputs, "platforms")), "linux/amd64"))
        fixed = {"node major": str(MAJOR), "format": FORMAT, **bag(request.inputs, "labels")}
        asked = {"platform": platform} if dockerfile.is_file() and "TARGET" in dockerfile.read_text() else {}
        digest = f"sha256:{context_digest(context, dockerfile, extra={**arguments, **asked, **fixed})}"
        tools: dict[str, str] = {}
        if engine := engine_for(context, self._account.root, self._account.progress):
            tools["PRISMA_SCHEMA_ENGINE_BINARY"] = str(self._account.folder.within_reach(engine.parent) / engine.name)
        self.built[digest] = build_image(
            context,
            dockerfile,
            folder=self._account.folder,
            build_args=arguments,
            environment=tools,
            cache=cache_folder() / "images",
            digest=digest,
            # Outside the run folder, so that it can be read after the rehearsal has failed.
            log=cache_folder() / "logs" / f"build-{request.name}.log",
            progress=self._account.progress,
            stop=self._account.stopping,
            platform=platform,
        )
        for reference in texts(request.inputs, "tags"):
            repository, _, tag = reference.rpartition(":")
            self.registry.push(repository, digest, [tag])
        return {"digest": digest, "ref": f"{request.inputs['tags'][0]}@{digest}", "contextHash": digest[7:]}

    def is_there(self, image: Properties) -> bool:
        """Whether a refresh leaves an image in the state: none of its tags is in ECR, or ECR does not say.

        It asks with the token that the state keeps. Before the version below, a token that had expired, or any other
        refusal, was taken for an image that is gone: https://github.com/pulumi/pulumi-docker-build/pull/930
        """
        if not self.registry.is_signed_in(image):
            return Version(version("pulumi-docker-build")) >= _KEEPS_ITS_STATE
        tags = (reference.rpartition(":") for reference in texts(image, "tags"))
        return any(tag in each.tags for repository, _, tag in tags for each in self.registry.images(repository))

    def _path(self, request: Request, location: str) -> Path:
        """Where a path of the program is: relative to its layer's folder."""
        return (self._account.root / request.layer / location).resolve()
