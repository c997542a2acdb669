"""What a build keeps of its steps: what is the same is not done again, and what may differ always is."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.images.context import context_files
from conducky.rehearsal.images import kept_states, kept_steps
from conducky.rehearsal.images.builder import ContextChangedError
from conducky.rehearsal.images.copy_step import ImageCopy
from conducky.rehearsal.images.dockerfile import parse_dockerfile
from conducky.rehearsal.images.kept_states import KeptSteps, prune_steps
from conducky.rehearsal.images.kept_steps import Point, is_worth_keeping, points_of, stable
from conducky.rehearsal.images.owners import Owners
from conducky.rehearsal.images.stage import needed_stages
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.images.image_builder import Builder

pytestmark = pytest.mark.engine

DOCKERFILE = """ARG TAG=24
FROM node:${TAG} AS deps
ARG REGISTRY
ARG TARGETARCH
WORKDIR /app
COPY package*.json link? ./
RUN echo "$REGISTRY" > installed; node -p 'process.hrtime.bigint()' >> installed; chown node installed
FROM deps AS build
COPY src ./src
RUN cat src/* > built; echo more >> installed
FROM node:${TAG}
WORKDIR /app
COPY --from=deps /app/installed ./first
COPY --from=build /app/installed /app/built ./
"""
SOURCES = {"src/a.js": "a", "src/b.js": "b"}


@pytest.fixture
def builder(tmp_path: Path, run_folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Builder:
    monkeypatch.setattr(kept_steps, "WORTH_SECONDS", 0.0)
    builder = Builder(tmp_path, run_folder)
    builder.write(DOCKERFILE, **SOURCES)
    return builder


def installed(image: BuiltImage) -> str:
    """Which run of the step that installs an image comes from."""
    first = image.path("/app/first").read_text()
    assert image.path("/app/installed").read_text() == f"{first}more\n", "a later step changed what was kept"
    return first


def states(builder: Builder) -> list[Path]:
    return sorted(path for path in builder.cache.with_name("steps").iterdir() if path.is_dir())


def test_a_changed_source_runs_only_what_depends_on_it(builder: Builder) -> None:
    first = builder.build()
    builder.lines.clear()
    builder.write(DOCKERFILE, **{**SOURCES, "src/a.js": "changed"})
    second = builder.build()
    assert installed(second) == installed(first)
    assert second.path("/app/built").read_text() == "changedb"
    assert second.owned == first.owned
    assert [line for line in builder.lines if "installed;" in line] == []
    assert any("as built before" in line for line in builder.lines)


def keys(builder: Builder, platform: str = "linux/amd64", node: str = "v24", **build_args: str) -> list[str]:
    """By what each stage's end is found: that of deps, of build and of the image."""
    file, variables = builder.context / "Dockerfile", build_args.pop("variables", "")
    stages = parse_dockerfile(file, build_args, platform)
    copier = ImageCopy(
        "Dockerfile", builder.context, context_files(builder.context, file), lambda: None, shutil.copytree
    )
    points = points_of(stages, needed_stages(stages), copier, node, stable({"EXTRA": variables}))
    return [stage[-1].key for stage in points.values()]


def _same_size_and_time(builder: Builder) -> None:
    file = builder.context / "package-lock.json"
    before = file.stat()
    file.write_text(file.read_text().replace("1.0.0", "1.0.1"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


FILES: dict[str, Callable[[Builder], object]] = {
    "the lock file, with the same size and time": _same_size_and_time,
    "a file that a pattern finds": lambda b: (b.context / "package-x.json").write_text("{}"),
    "a file that is renamed": lambda b: (b.context / "package.json").rename(b.context / "package2.json"),
    "an executable bit": lambda b: (b.context / "package.json").chmod(0o755),
    "a file that is a link now": lambda b: (b.context / "link1").symlink_to("package.json"),
    "what a link leads to": lambda b: (b.context / "build.js").write_text("other"),
    "what is ignored": lambda b: (b.context / ".dockerignore").write_text("package-lock.json"),
    "the command": lambda b: b.write(DOCKERFILE.replace("echo", "printf '%s'")),
    "where the files go": lambda b: b.write(DOCKERFILE.replace("link? ./", "link? ./x/")),
    "another step before": lambda b: b.write(DOCKERFILE.replace("RUN", "ENV X=1\nRUN", 1)),
}


@pytest.mark.parametrize("change", FILES)
def test_whatever_a_step_gets_has_it_done_again(builder: Builder, change: str) -> None:
    (builder.context / "link0").symlink_to("build.js")
    before = keys(builder)
    FILES[change](builder)
    assert not {*before} & {*keys(builder)}


def test_so_do_arguments_platform_base_variables_node_and_this_code(
    builder: Builder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = tmp_path / "engine"
    engine.write_text("1")
    found = [keys(builder), keys(builder, REGISTRY="mine"), keys(builder, "linux/arm64"), keys(builder, TAG="25")]
    found += [keys(builder, node="v25"), keys(builder, variables="1"), keys(builder, variables=str(engine))]
    engine.write_text("2")
    found.append(keys(builder, variables=str(engine)))
    monkeypatch.setattr(kept_steps, "code_digest", lambda: "another")
    found.append(keys(builder))
    every = [key for each in found for key in each]
    assert len({*every}) == len(every)


def test_comments_the_context_s_place_and_what_comes_later_decide_nothing(builder: Builder) -> None:
    deps, build, image = keys(builder)
    builder.write("# Why\n\n" + DOCKERFILE, **SOURCES)
    assert keys(builder) == [deps, build, image]
    (builder.context / "src/a.js").write_text("changed")
    after = keys(builder)
    assert after[0] == deps
    assert not {*after[1:]} & {build, image}
    moved = builder.context.with_name("elsewhere")
    builder.context.rename(moved)
    builder.context = moved
    assert keys(builder) == after


@pytest.mark.parametrize("lost", ["a file", "the description"])
def test_a_damaged_state_is_not_used(builder: Builder, lost: str) -> None:
    first = installed(builder.build())
    for state in states(builder):
        match lost:
            case "a file":
                (state / "root/app/installed").write_text("")
            case _:
                (state / "state.json").write_text("{")
    assert installed(builder.build(digest="sha256:other")) != first


def test_a_file_that_is_saved_during_the_build_is_not_kept_under_the_old_content(builder: Builder) -> None:
    class Saving(list[str]):
        def append(self, line: str, /) -> None:
            if "installed;" in line:
                (builder.context / "src" / "a.js").write_text("later")
            super().append(line)

    builder.lines = Saving()
    with pytest.raises(ContextChangedError):
        builder.build()
    assert builder.leftovers() == []
    assert builder.build().path("/app/built").read_text() == "laterb"


def test_an_image_whose_files_changed_at_the_end_is_not_kept(builder: Builder) -> None:
    with pytest.raises(ContextChangedError):
        builder.build(unchanged=lambda: False)
    assert builder.leftovers() == []


def test_what_is_kept_has_bounds_and_the_longest_unused_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptSteps(tmp_path / "steps", shutil.copytree)
    (tmp_path / "stage").mkdir()
    (tmp_path / "stage" / "file").write_text("1234")
    points = [Point(name, frozenset()) for name in "abcd"]
    for point, used in zip(points, (4, 3, 2, 1), strict=True):
        kept.keep(point, tmp_path / "stage", Owners())
        os.utime(tmp_path / "steps" / point.key, (used, used))
    (tmp_path / "steps" / "e.building").mkdir()  # What a killed build left
    assert kept.restore(points[3], tmp_path / "again", lend=False) is not None  # Used just now
    monkeypatch.setattr(kept_states, "KEEP_STATES", 3)
    prune_steps(tmp_path / "steps")
    assert [kept.has(point) for point in points] == [True, False, False, True]
    monkeypatch.setattr(kept_states, "KEEP_BYTES", 7)
    prune_steps(tmp_path / "steps")
    assert [kept.has(point) for point in points] == [False, False, False, True]


def test_only_what_is_worth_it_is_kept(builder: Builder) -> None:
    stages = parse_dockerfile(builder.context / "Dockerfile", {})
    files = context_files(builder.context, builder.context / "Dockerfile")
    copier = ImageCopy("", builder.context, files, lambda: None, shutil.copytree)
    points = points_of(stages, needed_stages(stages), copier, "v24", {})
    everything = points[2][-1].files
    kept = {
        (number, done)
        for number in (0, 1)
        for done in range(1, len(points[number]))
        if is_worth_keeping(stages[number], done, points[number], everything)
    }
    last = len(stages[0].steps)
    assert (0, last) in kept, "packages are installed again for every changed source"
    assert not [done for number, done in kept if number == 1], "what every changed source changes is kept"


def test_the_last_of_several_commands_is_kept(builder: Builder) -> None:
    builder.write("FROM node:24\nRUN one\nWORKDIR /app\nRUN two\nCOPY src ./\nRUN three\n", **SOURCES)
    (stage,) = stages = parse_dockerfile(builder.context / "Dockerfile", {})
    files = context_files(builder.context, builder.context / "Dockerfile")
    copier = ImageCopy("", builder.context, files, lambda: None, shutil.copytree)
    points = points_of(stages, [0], copier, "v24", {})[0]
    kept = [done for done in range(1, 6) if is_worth_keeping(stage, done, points, points[-1].files)]
    assert kept == [3], "the folder before a command is as the command before left it"
