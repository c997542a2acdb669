"""A made-up application and its Dockerfile, to build images from."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from conducky.images.context import context_digest
from conducky.rehearsal.images.build import build_image
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.processes.run_folder import RunFolder

APP = {
    "package.json": '{"name": "app", "version": "1.0.0", "scripts": {"build": "node build.js"}}',
    "package-lock.json": '{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "app"}}}',
    "build.js": "require('fs').mkdirSync('dist', {recursive: true});"
    "require('fs').writeFileSync('dist/server.js', JSON.stringify(process.env))",
    "secret.txt": "not for the image",
    ".dockerignore": "secret.txt\n",
    "entrypoint.sh": '#!/bin/sh\nexec "$@"\n',
}


class Builder:
    """A build context in a folder whose name has a blank, and what is built from it."""

    def __init__(self, folder: Path, run_folder: RunFolder) -> None:
        self.run_folder = run_folder
        self.context = folder / "my app"
        self.cache = folder / "image cache"
        self.log = folder / "logs" / "build.log"
        self.lines: list[str] = []
        self.stop = threading.Event()

    def write(self, dockerfile: str, **files: str) -> None:
        for name, content in {**APP, **files, "Dockerfile": dockerfile}.items():
            (self.context / name).parent.mkdir(parents=True, exist_ok=True)
            (self.context / name).write_text(content)

    def build(
        self,
        environment: dict[str, str] | None = None,
        digest: str = "",
        platform: str = "linux/amd64",
        unchanged: Callable[[], bool] = lambda: True,
        **build_args: str,
    ) -> BuiltImage:
        return build_image(
            self.context,
            self.context / "Dockerfile",
            folder=self.run_folder,
            build_args=build_args,
            environment=environment or {},
            cache=self.cache,
            digest=digest or context_digest(self.context, extra={**build_args, "platform": platform}),
            log=self.log,
            progress=self.lines.append,
            stop=self.stop,
            platform=platform,
            unchanged=unchanged,
        )

    def leftovers(self) -> list[str]:
        """What a build has left of itself, in the cache and in the run folder; `npm` is the cache of all builds."""
        cached = [path.name for path in self.cache.iterdir() if path.name.endswith((".building", ".lock"))]
        return cached + [path.name for path in self.works() if path.name != "npm"]

    def works(self) -> list[Path]:
        """The folders of builds that are being built."""
        builds = self.run_folder.path / "builds"
        return [*builds.iterdir()] if builds.exists() else []


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for 30 seconds"
        time.sleep(0.02)
