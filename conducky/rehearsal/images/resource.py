"""docker-build images: each is built from its Dockerfile on your computer, and kept under its digest and its tags."""

from importlib.metadata import version
from pathlib import Path

from packaging.version import Version

from conducky.cache import cache_folder
from conducky.catalog.property_bag import Properties, bag, texts
from conducky.images.context import context_digest
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.containers import BaseImageError, ContainerEngine, ContainerImage
from conducky.rehearsal.containers.build import build_container_image
from conducky.rehearsal.images.build import build_image
from conducky.rehearsal.images.lifecycle import Registry
from conducky.rehearsal.images.node import MAJOR
from conducky.rehearsal.images.prisma_engine import engine_for
from conducky.rehearsal.images.store import FORMAT, BuiltImage

_KEEPS_ITS_STATE = Version("0.0.22")


class Images:
    """The images of an account by digest: `built` on the host or `in_engine`, and their `labels`; `registry` has ECR's.

    `engine` builds them where there is one; what it cannot fetch the beginning of is built on the host, unless that is
    `insisted` on.
    """

    def __init__(self, account: Account, engine: ContainerEngine | None = None, *, insisted: bool = False) -> None:
        self._account = account
        self.insisted = insisted
        self.engine = engine
        self.built: dict[str, BuiltImage] = {}
        self.in_engine: dict[str, ContainerImage] = {}
        self.labels: dict[str, Properties] = {}
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
        target = str(request.inputs.get("target") or "")
        fixed = {"node major": str(MAJOR), "format": FORMAT, **bag(request.inputs, "labels")}
        fixed |= {"target": target} if target else {}
        asked = {"platform": platform} if dockerfile.is_file() and "TARGET" in dockerfile.read_text() else {}
        digest = f"sha256:{context_digest(context, dockerfile, extra={**arguments, **asked, **fixed})}"
        # Outside the run folder, so that it can be read after the rehearsal has failed.
        log = cache_folder() / "logs" / f"build-{request.name}.log"
        name = context_digest(context, dockerfile, extra={**arguments, **fixed, "runtime": "containers"})
        image = self._in_engine(request.name, context, dockerfile, arguments, target=target, digest=name, log=log)
        if image:
            digest = f"sha256:{name}"
            self.in_engine[digest] = image
        else:
            self.built[digest] = build_image(
                context,
                dockerfile,
                folder=self._account.folder,
                build_args=arguments,
                environment=self._prisma_engine(context),
                cache=cache_folder() / "images",
                digest=digest,
                log=log,
                progress=self._account.progress,
                stop=self._account.stopping,
                platform=platform,
                target=target,
            )
        self.labels[digest] = bag(request.inputs, "labels")
        for reference in texts(request.inputs, "tags"):
            repository, _, tag = reference.rpartition(":")
            self.registry.push(repository, digest, [tag])
        return {"digest": digest, "ref": f"{request.inputs['tags'][0]}@{digest}", "contextHash": digest[7:]}

    def _in_engine(  # as `build_container_image`
        self,
        application: str,
        context: Path,
        dockerfile: Path,
        arguments: dict[str, str],
        *,
        target: str,
        digest: str,
        log: Path,
    ) -> ContainerImage | None:
        """The image in the engine; None where there is no engine, or it cannot fetch what the image begins with."""
        if self.engine is None:
            return None
        try:
            return build_container_image(
                self.engine,
                context,
                dockerfile,
                application=application,
                folder=self._account.folder,
                build_args=arguments,
                target=target,
                digest=digest,
                log=log,
                progress=self._account.progress,
                stop=self._account.stopping,
            )
        except BaseImageError as error:
            if self.insisted:
                raise
            self._account.progress(f"{error.problem}: building and running the {application} on the host instead")
            return None

    def _prisma_engine(self, context: Path) -> dict[str, str]:
        engine = engine_for(context, self._account.root, self._account.progress)
        if engine is None:
            return {}
        return {"PRISMA_SCHEMA_ENGINE_BINARY": str(self._account.folder.within_reach(engine.parent) / engine.name)}

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
