"""docker-build images: each is built from its Dockerfile on your computer, and kept under its digest and its tags."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from packaging.version import Version

from conducky.cache import cache_folder
from conducky.catalog.property_bag import Properties, bag, texts
from conducky.errors import UserError
from conducky.images.context import context_digest, hash_fields
from conducky.images.packages import packages_of
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.containers import BaseImageError, ContainerEngine
from conducky.rehearsal.containers.build import build_container_image
from conducky.rehearsal.images.build import build_image
from conducky.rehearsal.images.builder import ContextChangedError
from conducky.rehearsal.images.lifecycle import Registry
from conducky.rehearsal.images.node import MAJOR
from conducky.rehearsal.images.prisma_engine import engine_for
from conducky.rehearsal.images.source_image import source_digest, source_image, with_migrations
from conducky.rehearsal.images.store import FORMAT, BuiltImage
from conducky.settings.application import Application

_ATTEMPTS = 5
_REPOSITORY = "aws:ecr/repository:Repository"
_KEEPS_ITS_STATE = Version("0.0.22")


class Images:
    """The images of an account by digest: `built` on the host or `in_engine`, and their `labels`; `registry` has ECR's.

    `engine` builds them where there is one; what it cannot fetch the beginning of is built on the host, unless that is
    `insisted` on. With `develop`, the settings of each application, none is built: it runs from its folder.
    """

    def __init__(
        self,
        account: Account,
        engine: ContainerEngine | None = None,
        *,
        insisted: bool = False,
        develop: Mapping[str, Application] | None = None,
    ) -> None:
        self._account = account
        self.develop = develop
        self.insisted = insisted
        self.engine = engine
        self.built: dict[str, BuiltImage] = {}
        self.in_engine: dict[str, str] = {}
        self.labels: dict[str, Properties] = {}
        self.locally: Callable[[str, dict[str, str]], dict[str, str]] = lambda _application, arguments: arguments
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
        given = {str(name): str(value) for name, value in bag(request.inputs, "buildArgs").items()}
        arguments = self.locally(request.name, given)
        if self.develop is not None:
            return self._pushed(request, self._source(request.name, context, dockerfile, arguments))
        # Tasks run locally whatever processor the image is for, so the platform makes no other build unless the
        # Dockerfile asks for it; but compiled packages fit one major version of Node only.
        platform = str(next(iter(texts(request.inputs, "platforms")), "linux/amd64"))
        target = str(request.inputs.get("target") or "")
        fixed = {"node major": str(MAJOR), "format": FORMAT, **bag(request.inputs, "labels")}
        fixed |= {"target": target} if target else {}
        asked = {"platform": platform} if dockerfile.is_file() and b"TARGET" in dockerfile.read_bytes() else {}
        # Outside the run folder, so that it can be read after the rehearsal has failed.
        log = cache_folder() / "logs" / f"build-{request.name}.log"
        name = context_digest(context, dockerfile, extra={**arguments, **fixed, "runtime": "containers"})
        image = self._in_engine(
            request.name,
            lambda engine: build_container_image(
                self._account,
                engine,
                context,
                dockerfile,
                application=request.name,
                build_args=arguments,
                target=target,
                digest=name,
                log=log,
            ),
        )
        if image:
            digest = f"sha256:{name}"
            self.in_engine[digest] = image
        else:

            def digest_now() -> str:
                return f"sha256:{context_digest(context, dockerfile, extra={**arguments, **asked, **fixed})}"

            digest, built = self._on_host(
                digest_now,
                lambda digest: build_image(
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
                    unchanged=lambda: digest_now() == digest,
                ),
            )
            self.built[digest] = built
        return self._pushed(request, digest)

    def _source(self, name: str, context: Path, dockerfile: Path, arguments: dict[str, str]) -> str:
        """The digest of an application that is developed, in place of its image's."""
        assert self.develop is not None  # noqa: S101  # asked before
        folder = dockerfile.parent if (dockerfile.parent / "package.json").is_file() else context
        setting = self.develop[name]
        packages = packages_of(folder, self._account.root)
        image = source_image(name, packages, dockerfile, arguments, setting.develop)
        if getattr(setting, "migrations", "none") != "none":
            image = with_migrations(image, packages)
        digest = (
            f"sha256:{hash_fields([name.encode(), source_digest(packages).encode(), image.model_dump_json().encode()])}"
        )
        self.built[digest] = image
        self._account.progress(f"{name}: `{image.command[-1].removeprefix('exec ')}` in {folder}")
        return digest

    def _pushed(self, request: Request, digest: str) -> Properties:
        self.labels[digest] = bag(request.inputs, "labels")
        for reference in texts(request.inputs, "tags"):
            repository, _, tag = reference.rpartition(":")
            self.registry.push(repository, digest, [tag])
        return {"digest": digest, "ref": f"{request.inputs['tags'][0]}@{digest}", "contextHash": digest[7:]}

    def _on_host(self, digest_now: Callable[[], str], build: Callable[[str], BuiltImage]) -> tuple[str, BuiltImage]:
        """An image and its digest, of files that did not change while it was built."""
        for _ in range(_ATTEMPTS):
            digest = digest_now()
            try:
                return digest, build(digest)
            except ContextChangedError:
                self._account.progress("a file was changed while the image was built: building it again")
        raise UserError("the files of the image change all the time", "let no other program write into its folder")

    def _in_engine(self, application: str, build: Callable[[ContainerEngine], str]) -> str | None:
        """The image in the engine; None where there is no engine, or it cannot fetch what the image begins with."""
        if self.engine is None:
            return None
        try:
            return build(self.engine)
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

    def delete_repository(self, request: Request) -> None:
        """Remove a repository with its images; one that is not force-deleted must be empty."""
        name, url = request.outputs["name"], str(request.outputs["repositoryUrl"])
        if self.registry.images(url) and not request.outputs.get("forceDelete"):
            raise ResourceFailedError(
                f"RepositoryNotEmptyException: The repository with name '{name}' in registry with id "
                f"'{self._account.place.account_id}' cannot be deleted because it still contains images",
                "deploy bootstrap with `deletionProtection` false first",
            )

    def empty_kept_repositories(self) -> bool:
        """Delete the images of repositories that are not force-deleted; whether there are any such repositories."""
        kept = [each for each in self._account.of(_REPOSITORY) if not each.get("forceDelete")]
        for url in (str(repository["repositoryUrl"]) for repository in kept):
            for image in self.registry.images(url):
                self.registry.delete(url, image.digest)
        return bool(kept)

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
