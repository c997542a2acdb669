"""Files that an application keeps on its own disk, which a task loses when it is replaced."""

from collections.abc import Iterator

from conducky.adoption.candidate import Candidate
from conducky.adoption.words import TEXT

_FIX = "keep them in S3, for which `backendPermissions` in bootstrap gives access"


def lost_files(found: Candidate) -> Iterator[str]:
    """Each place where files are kept, and what to do."""
    folders = {folder: f"`volumes` in {use.file}" for use in found.declared for folder in use.volumes}
    volumes = [word for word in found.instruction("VOLUME").split() if not TEXT["cache_folder"].search(word)]
    folders |= dict.fromkeys(volumes, found.line("VOLUME"))
    for folder, where in folders.items():
        yield f"{where} keeps the files in {folder}, and every task begins with an empty disk: {_FIX}"
    if found.source.keeps and not folders:
        yield f"{found.source.keeps} keeps files on the disk, and every task begins with an empty one: {_FIX}"
