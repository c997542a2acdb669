"""A container's command as a local one: its words, the program behind the first, and the scripts that it names."""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.image_programs import OFFICIAL, supply_programs
from conducky.rehearsal.ecs.task_paths import in_copy
from conducky.rehearsal.images.run_step import ABSOLUTE, PROGRAM_FOLDERS
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.processes.trees import writable

_SCRIPT = re.compile(rb"#!\s*/(?:usr/)?bin/(?:env\s+)?(?:ba|da|a)?sh\b")


def local_command(
    image: BuiltImage, entrypoint: Sequence[str], command: Sequence[str], path: str, warn: Callable[[str], None]
) -> list[str]:
    """What to start for a container of `image`, a task's own copy, whose scripts are changed for it.

    `path` is the search path. `warn` gets what a script does that is not the same in a container. Raises
    ResourceFailedError when a script of it cannot be started anywhere.
    """
    words = [*(entrypoint or [OFFICIAL]), *command]
    for word in words:  # Behind an init, any of them may be what it starts
        supply_programs(image, word)
        file = _find(image, word, path)
        if file and file.is_relative_to(image.root):
            _prepare_script(image, file, warn)
    before = ["", *words]
    return [in_copy(word, image.root, quoted=before[number] == "-c") for number, word in enumerate(words)]


def _find(image: BuiltImage, word: str, path: str) -> Path | None:
    """The file that a word starts; None when there is none."""
    if "/" in word:
        file = image.path(os.path.normpath(os.path.join(image.workdir, word)))  # noqa: PTH118  # a path of the image
        return file if file.is_file() else None
    found = shutil.which(word, path=path)
    return Path(found) if found else None


def _prepare_script(image: BuiltImage, file: Path, warn: Callable[[str], None]) -> None:
    """Let the absolute paths of a shell script mean the image's, in the task's own copy."""
    with file.open("rb") as opened:
        first = opened.readline()
    name = file.relative_to(image.root)
    if first.startswith(b"#!") and first.endswith(b"\r\n"):
        raise ResourceFailedError(
            f"{name} has Windows line ends, so the container cannot start it",
            f"run `sed -i 's/\\r$//' {name.name}` and write `*.sh text eol=lf` into .gitattributes",
        )
    if not _SCRIPT.match(first):
        return
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    head, _, body = text.partition("\n")
    supply_programs(image, body)

    def translated(match: re.Match[str]) -> str:
        path = match[0]
        local = in_copy(path, image.root, quoted=True)
        if local != path or path.startswith(("/dev/", "/proc/")) or path == "/":
            return local
        if Path(re.split(r"[*?\[]", path)[0]).exists():
            if str(Path(path).parent) not in PROGRAM_FOLDERS:
                warn(f"{name} uses {path}, which is your computer's own: with Docker or Podman it is the image's")
            return path
        return in_copy(path, image.root, quoted=True, always=True)

    changed = f"{head}\n{ABSOLUTE.sub(translated, body)}"
    if changed != text:
        mode = file.stat().st_mode
        with writable(file.parent):
            file.unlink()  # It may be a link to the image's own
            file.write_text(changed, encoding="utf-8", errors="surrogateescape")
            file.chmod(mode)
