"""A base image of what this computer has: Node.js, a shell and a few commands, so that no registry is needed."""

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from conducky.rehearsal.images.node import use_node
from tests.fakes.container_proof import require_containers

BASE = "localhost/conducky-test/node:24"
_COMMANDS = ("sh", "cat", "id", "sleep", "mktemp", "date", "grep", "rm")


def create_base_image() -> None:
    """Import it, unless it is there already; skip the test where Podman runs no container of it."""
    if subprocess.run(["podman", "image", "exists", BASE], check=False).returncode:
        _import()
    require_containers("podman", BASE)


def _import() -> None:
    use_node()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as files:
        for path in ("tmp", "root", "run"):
            folder = tarfile.TarInfo(path)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            files.addfile(folder)
        libraries: set[str] = set()
        for name in ("node", *_COMMANDS):
            program = Path(str(shutil.which(name))).resolve()
            files.add(program, f"usr/bin/{name}", recursive=False)
            listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
            libraries |= set(re.findall(r"(/\S+) \(0x", listed))
        link = tarfile.TarInfo("bin")
        link.type, link.linkname = tarfile.SYMTYPE, "usr/bin"
        files.addfile(link)
        for library in sorted(libraries):
            files.add(Path(library).resolve(), library.lstrip("/"), recursive=False)
    subprocess.run(
        ["podman", "import", "--change", "ENV PATH=/usr/bin", "--change", 'CMD ["node"]', "-", BASE],
        input=archive.getvalue(),
        capture_output=True,
        check=True,
    )
