"""`conducky rollback`: run earlier images again, by settings that stay until a person removes them."""

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx

from conducky.access import READS_CONTAINERS, asking_aws
from conducky.errors import UserError
from conducky.images.prisma import find_migrations, migration_names
from conducky.operations.deployments import Change
from conducky.operations.releases import releases, wanted_images
from conducky.operations.words import short_digest
from conducky.repository import APPLICATIONS
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings

MIGRATION_LABEL: Final = "conducky.migration"  # as services/images.py sets it


class Rollback(Change):
    """One rollback."""

    def run(self, to: str) -> int:
        """Go to the images of `to`; returns the exit code. Raises UserError when there are none, or a person stops."""
        images = wanted_images(self.target, to, releases(self.target))
        for application, digest in images.items():
            self.note(f"{application} goes to {short_digest(digest)}")
        newer = self._newer_migrations(images)
        if newer:
            self.note(f"the database keeps {len(newer)} migrations that this backend does not know:")
            for name in newer:
                self.note(f"  {name}")
        self.ask("Is the earlier backend able to work with them?" if newer else "Roll back?")
        code = self._set({f"{application}Image": digest for application, digest in images.items()}, "set in")
        self.note(f"to go forward again, run {self.target.command('rollback --forward')}")
        return code

    def forward(self) -> int:
        """Run what this checkout builds again; returns 0, or the exit code of the deployment that failed.

        Raises:
            UserError: when nothing is rolled back.
        """
        found = self.deployments.has("services", [f"{application}Image" for application in APPLICATIONS])
        if not found:
            raise UserError(
                "nothing is rolled back, so nothing was changed",
                f"to release this checkout, {self.target.deploy_again('services')}",
            )
        return self._set(dict.fromkeys(found), "removed from")

    def _set(self, settings: Mapping[str, str | None], done: str) -> int:
        self.deployments.set("services", settings)
        if not self.target.rehearsal:
            file = f"services/Pulumi.{self.target.stack}.yaml"
            self.note(f"{' and '.join(settings)} {done} {file}: commit that file")
        code = self.deployments.up("services")
        if self.target.rehearsal:
            self.note("done")
        return code

    def _newer_migrations(self, images: Mapping[str, str]) -> list[str]:
        """The migrations of this checkout that the backend's image does not have; none where that is unknown."""
        root = self.deployments.root
        backend = settings_of(ServicesSettings, self.target.stack, root).backend
        folder = find_migrations(root / backend.context, root / backend.context / backend.dockerfile)
        if "backend" not in images or folder is None:
            return []
        newest = self._labels(images["backend"]).get(MIGRATION_LABEL)
        if newest is None:
            self.note("this image does not say which migrations it has: compare them before you answer")
            return []
        return [name for name in migration_names(folder) if name > newest]

    def _labels(self, digest: str) -> Mapping[str, str]:
        """The labels of an image, from its configuration in ECR."""
        if self.target.rehearsal:
            return self.target.rehearsal.call("conducky.Labels", {"digest": digest})
        repository = str(self.target.outputs["backend_image"]).partition("@")[0].split("/", 1)[1]
        ecr = self.target.client("ecr")
        with asking_aws("read the labels of an image", self.target.policy(READS_CONTAINERS)):
            manifest = self._manifest(ecr, repository, digest)
            if "manifests" in manifest:  # One for each processor, and what attests them
                manifest = self._manifest(ecr, repository, manifest["manifests"][0]["digest"])
            address = ecr.get_download_url_for_layer(
                repositoryName=repository, layerDigest=manifest["config"]["digest"]
            )["downloadUrl"]
        try:
            return dict(httpx.get(address, timeout=15).raise_for_status().json()["config"].get("Labels") or {})
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self.note(f"the labels of the image cannot be read ({type(error).__name__})")
            return {}

    def _manifest(self, ecr: Any, repository: str, digest: str) -> dict[str, Any]:  # noqa: ANN401
        found = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])["images"]
        if not found:
            raise UserError(
                f"{repository} does not have {short_digest(digest)} any more", f"see {self.target.command('releases')}"
            )
        return dict(json.loads(found[0]["imageManifest"]))
