"""The modes of a build's files, which must be the same on every computer: Docker hashes them, and copies them."""

import stat
from pathlib import Path

from conducky.errors import UserError
from conducky.images.context import context_files


def normalise_modes(context: Path, dockerfile: Path | None = None) -> None:
    """Give each file of a build the mode that it has under the usual umask: 755 for a program, 644 for others.

    On a computer with another umask the same commit would be another image: docker-build's hash of the context covers
    the whole mode, and COPY takes it along.
    https://github.com/pulumi/pulumi-docker-build/blob/v0.0.22/provider/internal/context.go

    Raises:
        UserError: when the folder or the Dockerfile is missing, or a file belongs to somebody else.
    """
    dockerfile = dockerfile or context / "Dockerfile"
    ignore_files = (context / ".dockerignore", dockerfile.with_name(f"{dockerfile.name}.dockerignore"))
    files = [context / name for name in context_files(context, dockerfile)]
    for file in [*files, dockerfile, *(each for each in ignore_files if each.is_file())]:
        if file.is_symlink():
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        wanted = 0o755 if mode & stat.S_IXUSR else 0o644
        if mode == wanted:
            continue
        try:
            file.chmod(wanted)
        except OSError as error:
            raise UserError(
                f"{file} has the mode {mode:o}, with which its image would be another than on other computers, and it "
                f"cannot be changed ({error.strerror})",
                f"run `sudo chmod {wanted:o} '{file}'`",
            ) from None
