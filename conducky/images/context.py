"""What `docker build` would send for an image, and a digest of it.

The same digest names the image in AWS (its tag) and in the rehearsal (its cache entry), so it depends on nothing
but the files: not on the computer, the umask, modification times or the order in which a folder lists its entries.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from e2b_dockerfile_utils import PatternMatcher

from conducky.errors import UserError


def context_files(context: Path, dockerfile: Path) -> list[str]:
    """The files and links that a build may copy: sorted paths relative to `context`, with `/` between their parts.

    `<Dockerfile>.dockerignore` wins over `.dockerignore` in the folder. Raises UserError when folder or Dockerfile is
    missing, or a folder cannot be read.
    """
    _require(context, dockerfile)
    ignored = read_ignore_file(_ignore_file(context, dockerfile))
    return sorted(name for name in _files(context, "", ignored) if name != ".dockerignore")


def _files(folder: Path | str, here: str, ignored: PatternMatcher) -> Iterator[str]:
    """What is in a folder and not ignored, each name after `here`: files, and links to anything."""
    try:
        entries = [*os.scandir(folder)]
    except FileNotFoundError:  # Removed at this moment
        return
    except OSError as error:
        raise _unreadable(Path(folder), error, "u+rx") from None
    for entry in entries:
        name = f"{here}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not ignored.matches(name) or ignored.may_match_under(name):
                yield from _files(entry.path, f"{name}/", ignored)
        elif (entry.is_symlink() or entry.is_file()) and not ignored.matches(name):
            yield name


def read_ignore_file(file: Path) -> PatternMatcher:
    """The rules of a `.dockerignore`, as BuildKit reads it; none without it. Raises UserError when one is wrong."""
    # As names of files are read that are not UTF-8
    lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines() if file.is_file() else []
    for number, line in enumerate(lines, 1):
        try:
            PatternMatcher([line])
        except ValueError as error:
            raise UserError(f"{file}:{number}: {error}", "correct the line or remove it") from None
    return PatternMatcher(lines)


def context_digest(context: Path, dockerfile: Path | None = None, *, extra: Mapping[str, str] | None = None) -> str:
    """A SHA-256 of everything that decides the result of a build: 64 hexadecimal digits.

    It covers each file's relative path, content and executable bit, each link's target, the Dockerfile (by default that
    of `context`) and `extra`, such as build arguments. Raises UserError when something is missing or cannot be read.
    """
    return hash_fields(_fields(context, dockerfile or context / "Dockerfile", extra or {}))


def hash_fields(fields: Iterable[bytes]) -> str:
    """A hash of a list of fields: 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for field in fields:
        # The length before each field: no two different lists of fields give the same bytes
        digest.update(len(field).to_bytes(8, "big"))
        digest.update(field)
    return digest.hexdigest()


def file_fields(context: Path, names: Iterable[str]) -> Iterator[bytes]:
    """What decides the outcome of copying these files of a context: path, content and executable bit, a link's target.

    Raises:
        UserError: when a file cannot be read.
    """
    for name in names:
        yield name.encode("utf-8", "surrogateescape")
        path = context / name
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield b"link"
            yield str(path.readlink()).encode("utf-8", "surrogateescape")
        else:
            yield b"executable" if mode & stat.S_IXUSR else b"file"
            yield _content_hash(path)


def _fields(context: Path, dockerfile: Path, extra: Mapping[str, str]) -> Iterator[bytes]:
    yield from file_fields(context, context_files(context, dockerfile))
    yield b"dockerfile"
    yield _content_hash(dockerfile)
    for key, value in sorted(extra.items()):
        yield b"extra"
        yield key.encode()
        yield value.encode()


def _content_hash(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise _unreadable(path, error, "u+r") from None


def _unreadable(path: Path, error: OSError, right: str) -> UserError:
    return UserError(
        f"{path} belongs to an image but cannot be read ({error.strerror})",
        f"run `chmod {right} '{path}'` or name it in .dockerignore",
    )


def _require(context: Path, dockerfile: Path) -> None:
    if not context.is_dir():
        raise UserError(f"there is no folder {context} to build an image from", "run the command in a complete clone")
    if not dockerfile.is_file():
        raise UserError(
            f"there is no {dockerfile} to build an image with", f"run `git checkout '{dockerfile}'` to restore it"
        )


def _ignore_file(context: Path, dockerfile: Path) -> Path:
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    return own if own.is_file() else context / ".dockerignore"


def normalise_modes(context: Path, dockerfile: Path | None = None) -> None:
    """Give each file of a build the mode that it has under the usual umask: 755 for a program, 644 for others.

    With other modes the same commit would be another image: docker-build's hash covers them, and COPY takes them along
    (https://github.com/pulumi/pulumi-docker-build/blob/v0.0.22/provider/internal/context.go). Raises UserError when
    folder or Dockerfile is missing, or a file belongs to somebody else.
    """
    dockerfile = dockerfile or context / "Dockerfile"
    ignore_files = (context / ".dockerignore", dockerfile.with_name(f"{dockerfile.name}.dockerignore"))
    files = [context / name for name in context_files(context, dockerfile)]
    for file in [*files, dockerfile, *(each for each in ignore_files if each.is_file())]:
        there = file.lstat().st_mode
        mode, wanted = stat.S_IMODE(there), 0o755 if there & stat.S_IXUSR else 0o644
        if stat.S_ISLNK(there) or mode == wanted:
            continue
        try:
            file.chmod(wanted)
        except OSError as error:
            raise UserError(
                f"{file} has the mode {mode:o}, with which its image would be another than on other computers, and it "
                f"cannot be changed ({error.strerror})",
                f"run `sudo chmod {wanted:o} '{file}'`",
            ) from None
