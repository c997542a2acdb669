"""A repository into which tests write small sources, and adopt them."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from conducky.adoption import Options, adopt

NODE = "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\n"
SERVER = {"api/Dockerfile": f'{NODE}EXPOSE 8080\nCMD ["node", "server.js"]\n', "api/server.js": ""}


class Repository:
    """A repository with stack files, into which sources are written; `said` is what was printed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said = ""
        (root / "services").mkdir(parents=True)
        for stack in ("dev", "prod"):
            self.file(stack).write_text("# Explained elsewhere\nconfig:\n  conducky-services:capacity: spot # cheap\n")

    def file(self, stack: str = "dev") -> Path:
        return self.root / "services" / f"Pulumi.{stack}.yaml"

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.root / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / "shop" / name).write_text(text)

    def adopt(self, *paths: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401  # those of Options
        printed = io.StringIO()
        given: dict[str, Any] = {"yes": True, **options}
        folders = tuple(self.root / path for path in paths or ("shop",))
        try:
            adopt(Options(folders, root=self.root, **given), Console(file=printed, width=300))
        finally:
            self.said = printed.getvalue()
        found = yaml.safe_load(self.file().read_text())["config"]
        return {key.partition(":")[2]: value for key, value in found.items()}

    def backend(self, **files: str) -> dict[str, Any]:
        """The backend's settings, of files by name with `_` for `.`; beside the usual ones."""
        self.write({**SERVER, **{f"api/{name}": text for name, text in files.items()}})
        return self.adopt()["backend"]
