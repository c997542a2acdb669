"""The digest of a build context, and the files docker would send."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.images.context import context_digest, context_files


def make(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return make(
        tmp_path / "an app",
        {
            "Dockerfile": "FROM node:24\n",
            ".dockerignore": "# not sent\nnode_modules\n.env*\n*.md\n!KEEP.md\nlogs/*.log\n",
            "package.json": "{}",
            "src/server.js": "1",
            "src/deep/er.js": "2",
            "node_modules/x/index.js": "3",
            ".env.local": "SECRET=1",
            "NOTES.md": "4",
            "KEEP.md": "5",
            "logs/a.log": "6",
            "logs/a.txt": "7",
        },
    )


def files(context: Path) -> list[str]:
    return context_files(context, context / "Dockerfile")


def test_files_are_those_docker_would_send(context: Path) -> None:
    assert files(context) == [
        "Dockerfile",
        "KEEP.md",
        "logs/a.txt",
        "package.json",
        "src/deep/er.js",
        "src/server.js",
    ]


def test_an_ignored_dockerfile_is_not_copied_but_counts(context: Path) -> None:
    (context / ".dockerignore").write_text("Dockerfile\nnode_modules\n")
    before = context_digest(context)
    assert "Dockerfile" not in files(context)
    (context / "Dockerfile").write_text("FROM node:26\n")
    assert context_digest(context) != before


def test_the_dockerfiles_own_ignore_file_wins(context: Path) -> None:
    (context / "Dockerfile.dockerignore").write_text("src\n**/*.md\nnode_modules\nlogs\n")
    assert files(context) == [".env.local", "Dockerfile", "Dockerfile.dockerignore", "package.json"]


def test_an_ignore_file_need_not_be_utf_8(context: Path) -> None:
    (context / ".dockerignore").write_bytes(b"# caf\xe9\nnode_modules\ncaf\xe9\n*.md\n")
    files = context_files(context, context / "Dockerfile")
    assert "KEEP.md" not in files
    assert "package.json" in files
    assert context_digest(context)


def test_no_ignore_file_sends_everything(context: Path) -> None:
    (context / ".dockerignore").unlink()
    assert "node_modules/x/index.js" in files(context)


def test_digest_is_the_same_for_an_equal_folder_elsewhere(context: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    for name in reversed(files(context)):
        make(other, {name: (context / name).read_text()})
        (other / name).chmod(0o600)
        os.utime(other / name, (1, 1))
    (other / ".dockerignore").write_text((context / ".dockerignore").read_text())
    (other / "empty").mkdir()
    assert context_digest(other) == context_digest(context)


@pytest.mark.parametrize("name", ["node_modules/x/index.js", ".env.local", "NOTES.md", "logs/new.log"])
def test_ignored_files_do_not_count(context: Path, name: str) -> None:
    before = context_digest(context)
    make(context, {name: "changed"})
    assert context_digest(context) == before


def test_content_name_mode_link_and_extra_count(context: Path) -> None:
    seen = [context_digest(context)]
    (context / "src/server.js").write_text("changed")
    seen.append(context_digest(context))
    (context / "src/server.js").chmod(0o755)
    seen.append(context_digest(context))
    (context / "src/server.js").rename(context / "src/main.js")
    seen.append(context_digest(context))
    (context / "link").symlink_to("src/main.js")
    seen.append(context_digest(context))
    (context / "link").unlink()
    (context / "link").symlink_to("package.json")
    seen.append(context_digest(context))
    seen.append(context_digest(context, extra={"platform": "linux/arm64"}))
    seen.append(context_digest(context, extra={"platform": "linux/amd64"}))
    assert len(set(seen)) == len(seen), "two different contexts share a digest"
    assert all(len(digest) == 64 for digest in seen)


def test_missing_folder_and_dockerfile_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no folder .*gone"):
        context_digest(tmp_path / "gone")
    with pytest.raises(UserError, match=r"there is no .*Dockerfile"):
        context_digest(tmp_path)


@pytest.mark.parametrize(("path", "right"), [("src/deep", "u+rx"), ("src/server.js", "u+r")])
def test_what_cannot_be_read_is_named(context: Path, monkeypatch: pytest.MonkeyPatch, path: str, right: str) -> None:
    refused = str(context / path)

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(name: str | Path, *rest: Any, **options: Any) -> Any:  # noqa: ANN401
            if str(name) == refused:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), refused)
            return real(name, *rest, **options)

        return opened

    # Not by its mode: root may read everything
    monkeypatch.setattr("os.scandir", guarded(os.scandir))
    monkeypatch.setattr(Path, "open", guarded(Path.open))
    with pytest.raises(UserError) as error:
        context_digest(context)
    assert error.value.problem == f"{refused} belongs to an image but cannot be read (Permission denied)"
    assert error.value.fix == f"run `chmod {right} '{refused}'` or name it in .dockerignore"
