"""A made-up machine for the scripts in tools/: a PATH with nothing on it but what a test puts there."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.script import write_script


@dataclass
class Machine:
    """A made-up machine: `folder` is the repository, `path` the only folder on PATH."""

    folder: Path
    path: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])

    def has(self, name: str, body: str) -> None:
        """Put a shell script of this name on PATH."""
        write_script(self.path / name, body)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the repository with this PATH."""
        environment: Mapping[str, str] = {"PATH": str(self.path), "HOME": str(self.folder.parent), **self.variables}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
