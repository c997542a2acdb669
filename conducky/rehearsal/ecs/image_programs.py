"""Programs that images start with and a build on the host does not bring: init wrappers, Node's own entry point."""

import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Final

from conducky.rehearsal.images.run_step import ABSOLUTE
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.processes.trees import writable

OFFICIAL: Final = "docker-entrypoint.sh"
_HERE = Path(__file__).parent
# Inits only reap processes and pass on signals, as the rehearsal does by itself
_PROGRAMS: Final = {
    **dict.fromkeys(("catatonit", "docker-init", "dumb-init", "tini", "tini-static"), _HERE / "init.sh"),
    OFFICIAL: _HERE / OFFICIAL,
}


def write_programs(folder: Path) -> Path:
    """Write all of them into a new subfolder of a task's own folder, and return it: for the end of the search path."""
    programs = folder / "programs"
    programs.mkdir()
    programs.chmod(0o755)  # Whatever the umask: another user's task runs them
    for name in _PROGRAMS:
        _write(programs / name)
    return programs


def supply_programs(image: BuiltImage, text: str) -> None:
    """Write each that a text names by its absolute path there, into a task's own copy of an image that lacks it."""
    for path in ABSOLUTE.findall(text):
        file = image.path(path)
        if PurePosixPath(path).name in _PROGRAMS and not os.path.lexists(file):
            missing = [each for each in file.parents if not each.exists()]
            with writable((missing[-1] if missing else file).parent) as mode:
                file.parent.mkdir(parents=True, exist_ok=True)
                _write(file)
            for folder in missing:
                folder.chmod(mode)


def _write(file: Path) -> None:
    shutil.copyfile(_PROGRAMS[file.name], file)
    file.chmod(0o755)
