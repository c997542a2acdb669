"""What builds share of npm's cache, and what they cannot do to each other with it."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conducky.rehearsal.images.npm_cache import NpmCache
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.user import give

CONTENT, INDEX = Path("_cacache/content-v2/sha512/ab/cd/hash"), Path("_cacache/index-v5/12/34/entry")

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user for builds"),
]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "npm"


@pytest.fixture
def run_folder() -> Iterator[RunFolder]:
    with RunFolder.create() as folder:
        yield folder


def write(folder: Path, name: Path, text: str, mode: int = 0o666) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(mode)


def test_what_was_downloaded_is_kept_and_nothing_else(run_folder: RunFolder, kept: Path) -> None:
    npm = NpmCache(run_folder)
    for script in ("npm run build", "npm ci"):
        npm.fill(script)
    for name in (CONTENT, INDEX, Path("_cacache/tmp/half"), Path("_logs/log")):
        write(npm.path, name, name.name)
    give(npm.path, run_folder.user)
    npm.keep()
    assert sorted(file.relative_to(kept) for file in kept.rglob("*") if file.is_file()) == [CONTENT, INDEX]
    for name in (CONTENT, INDEX):
        seen = (kept / name).stat()
        assert (seen.st_uid, stat.S_IMODE(seen.st_mode)) == (0, 0o644), "no build can change it"


@pytest.mark.parametrize("script", ["npm run build", "npm cache clean --force", "npx --no-install tsc"])
def test_a_script_that_installs_nothing_gets_nothing(run_folder: RunFolder, kept: Path, script: str) -> None:
    write(kept, CONTENT, "a package")
    npm = NpmCache(run_folder)
    npm.fill(script)
    assert [*npm.path.iterdir()] == []


@pytest.mark.parametrize("script", ["npm ci", "npm run build && npm install", "npx prisma generate", "npm runner"])
def test_a_script_that_may_install_gets_it(run_folder: RunFolder, kept: Path, script: str) -> None:
    write(kept, CONTENT, "a package")
    npm = NpmCache(run_folder)
    npm.fill(script)
    assert (npm.path / CONTENT).read_text() == "a package"


def test_the_next_build_has_it_without_a_copy_of_the_packages(run_folder: RunFolder, kept: Path) -> None:
    for name in (CONTENT, INDEX):
        write(kept, name, name.name, 0o644)
    before, npm = NpmCache(run_folder), NpmCache(run_folder)
    for build in (before, npm):
        build.fill("npm ci")
        build.keep()
    there, index = ((npm.path / name).stat() for name in (CONTENT, INDEX))
    assert (npm.path / CONTENT).read_text() == "hash"
    assert (there.st_uid, index.st_uid) == (0, run_folder.user), "npm adds to the index only"
    if there.st_dev == (kept / CONTENT).stat().st_dev:
        assert there.st_ino == (kept / CONTENT).stat().st_ino
    for folder in (npm.path, *(npm.path / CONTENT).relative_to(npm.path).parents):
        assert (npm.path / folder).stat().st_uid == run_folder.user, f"npm can add to {folder}"
    assert (kept / INDEX).stat().st_uid == 0


def test_a_link_is_not_kept(run_folder: RunFolder, kept: Path) -> None:
    npm = NpmCache(run_folder)
    npm.fill("npm ci")
    write(npm.path, CONTENT, "a package")
    (npm.path / CONTENT).with_name("link").symlink_to("/etc/shadow")
    npm.keep()
    assert [file.name for file in (kept / CONTENT).parent.iterdir()] == ["hash"]


def test_builds_of_one_rehearsal_fill_it_at_once(run_folder: RunFolder, kept: Path) -> None:
    names = [CONTENT.with_name(f"{number:03}") for number in range(300)]
    for name in names:
        write(kept, name, name.name, 0o644)
    builds = [NpmCache(run_folder) for _ in range(4)]
    with ThreadPoolExecutor(len(builds)) as threads:
        for filling in [threads.submit(build.fill, "npm ci") for build in builds]:
            filling.result()
    assert [(builds[0].path / name).read_text() for name in names] == [name.name for name in names]
    assert {(kept / name).stat().st_uid for name in names} == {0}
