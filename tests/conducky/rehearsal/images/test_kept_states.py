"""Kept states are lent where nothing changes them, and copied where something does; cache mounts stay."""

import os
import shutil
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.images import kept_states, kept_steps
from conducky.rehearsal.images.kept_states import KeptSteps
from conducky.rehearsal.images.kept_steps import Point
from conducky.rehearsal.images.owners import Owners
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.images.image_builder import Builder

pytestmark = pytest.mark.engine

DOCKERFILE = """FROM node:24 AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN mkdir packages && echo one > packages/one && ln -s packages link
COPY . .
RUN {changing}
FROM node:24
WORKDIR /app
COPY --from=build /app/packages ./packages
COPY --from=build /app/built ./
"""
ADDS = "cat src/a.js > built && ln -s src again && mkdir packages/cache && echo more > packages/cache/more"
CHANGES = "echo two >> packages/one && cp packages/one built"


@pytest.fixture
def builder(tmp_path: Path, run_folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Builder:
    monkeypatch.setattr(kept_steps, "WORTH_SECONDS", 0.0)
    return Builder(tmp_path, run_folder)


def build(builder: Builder, changing: str, source: str) -> BuiltImage:
    files = {f"src/{number}.js": "" for number in range(5)}  # What has no part in the packages
    builder.write(DOCKERFILE.format(changing=changing), **files, **{"src/a.js": source})
    return builder.build()


def kept(builder: Builder) -> dict[str, int]:
    """The files of the only state, each with its number in the file system."""
    (state,) = builder.cache.with_name("steps").glob("*/root")
    return {str(each.relative_to(state)): each.lstat().st_ino for each in state.rglob("*")}


def test_a_state_that_later_steps_only_add_to_is_worked_in_and_left_as_it_was(builder: Builder) -> None:
    build(builder, ADDS, "first")
    before = kept(builder)
    second = build(builder, ADDS, "second")
    assert second.path("/app/built").read_text() == "second"
    assert second.path("/app/packages/cache/more").read_text() == "more\n"
    assert kept(builder) == before, "the same files, neither copied nor more of them"
    assert "app/packages/one" in before
    assert "app/packages/cache" not in before
    second.path("/app/packages/one").chmod(0o644)
    second.path("/app/packages/one").write_text("changed")
    assert build(builder, ADDS, "third").path("/app/packages/one").read_text() == "one\n", "no image shares its files"


def test_a_state_that_later_steps_change_is_copied(builder: Builder) -> None:
    for source in ("first", "second", "third"):
        assert build(builder, CHANGES, source).path("/app/built").read_text() == "one\ntwo\n"
        first = kept(builder)
    assert kept(builder) == first
    assert builder.log.read_text().count("mkdir packages") == 1


def test_a_build_that_fails_leaves_the_state(builder: Builder) -> None:
    build(builder, ADDS, "first")
    before = kept(builder)
    with pytest.raises(UserError, match="no such thing"):
        build(builder, "echo x > added; echo 'Error: no such thing' >&2; false", "second")
    assert kept(builder) == before
    assert {path.name for path in builder.works()} <= {"npm"}


def test_one_that_was_changed_all_the_same_is_not_used_again(tmp_path: Path) -> None:
    kept, point, root = states(tmp_path), Point("a", frozenset()), tmp_path / "used"
    assert kept.restore(point, root, lend=True)
    before = (root / "file").stat()
    (root / "file").write_text("4321")
    os.utime(root / "file", ns=(before.st_atime_ns, before.st_mtime_ns))
    kept.give_back()
    assert not kept.has(point)


def test_one_that_another_build_has_now_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_states, "_LENT_SECONDS", 0.1)
    first, point = states(tmp_path), Point("a", frozenset())
    assert first.restore(point, tmp_path / "used", lend=True)
    second = KeptSteps(first.folder, shutil.copytree)
    assert second.restore(point, tmp_path / "other", lend=True) is None
    first.give_back()
    assert KeptSteps(first.folder, shutil.copytree).restore(point, tmp_path / "other", lend=True)


def states(folder: Path) -> KeptSteps:
    """With one state `a`, of which it is known that it can be lent."""
    kept, stage = KeptSteps(folder / "steps", shutil.copytree), folder / "stage"
    stage.mkdir()
    (stage / "file").write_text("1234")
    kept.keep(Point("a", frozenset()), stage, Owners())
    kept.judge(stage)
    return kept


def test_a_cache_mount_keeps_what_commands_leave_there_and_is_in_no_image(builder: Builder) -> None:
    dockerfile = """FROM node:24
WORKDIR /app
COPY src ./src
RUN --mount=type=cache,target=/app/.cache cat src/a.js >> .cache/seen && cp .cache/seen seen{fails}
"""
    builder.write(dockerfile.format(fails=""), **{"src/a.js": "a"})
    assert not builder.build().path("/app/.cache").exists()
    builder.write(dockerfile.format(fails=" && echo 'Error: it fails' >&2 && false"), **{"src/a.js": "b"})
    with pytest.raises(UserError, match="it fails"):
        builder.build()
    builder.write(dockerfile.format(fails=""), **{"src/a.js": "c"})
    assert builder.build().path("/app/seen").read_text() == "abc"
    builder.context = builder.context.with_name("another")
    builder.write(dockerfile.format(fails=""), **{"src/a.js": "d"})
    assert builder.build().path("/app/seen").read_text() == "d", "another Dockerfile's"
