"""A fresh copy of an image for one task, in which its user may write what it may write in the container."""

import os
import shutil
from pathlib import Path

from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.processes.trees import link_or_copy

_WRITE = 0o200


def task_copy(image: BuiltImage, target: Path, user: str, local_user: int | None) -> BuiltImage:
    """The image with its files in the new folder `target`, for a task that runs as `user` of the image.

    What the image's user owns, and `/tmp`, is copied and belongs to `local_user` (None: us). All else is root's, as in
    the container: files are links to the image's own, which nobody may write, and folders are closed to new ones.
    """
    wanted = image.user_id(user)
    owned = set(image.owned.get(wanted, ()))

    def owns(path: Path) -> bool:
        inside = f"/{path.relative_to(image.root)}"
        return wanted == "0" or inside in owned or f"{inside}/".startswith("/tmp/")  # noqa: S108  # the image's

    made: list[tuple[Path, bool]] = []
    for name, folders, files in os.walk(image.root):
        folder = Path(name)
        here = target / folder.relative_to(image.root)
        here.mkdir()
        made.append((here, owns(folder)))
        for entry in (*files, *(name for name in folders if (folder / name).is_symlink())):
            source, copy = folder / entry, here / entry
            if not owns(source):
                link_or_copy(source, copy)
                continue
            shutil.copy2(source, copy, follow_symlinks=False)
            if not copy.is_symlink():
                copy.chmod(copy.stat().st_mode | _WRITE)
            if local_user is not None:
                os.lchown(copy, local_user, local_user)
    if not (target / "tmp").exists():
        (target / "tmp").mkdir()
        made.append((target / "tmp", True))
    for folder, is_own in reversed(made):
        folder.chmod(0o755 if is_own or local_user is not None else 0o555)
        if is_own and local_user is not None:
            os.lchown(folder, local_user, local_user)
    return image.model_copy(update={"root": target})
