"""`RUN --mount=type=bind`: a command sees files of the context or another stage, and the image does not get them."""

import pytest

from conducky.errors import UserError
from tests.conducky.rehearsal.images.image_builder import Builder

pytestmark = pytest.mark.engine


def test_what_docker_init_writes(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /usr/src/app\n"
        "RUN --mount=type=bind,source=package.json,target=package.json \\\n"
        "    --mount=type=bind,source=entrypoint.sh,target=below/it.sh,readonly \\\n"
        "    --mount=type=cache,target=/root/.npm cat package.json below/it.sh > seen\n",
        **{"package.json": '{"name": "shop"}\n', "entrypoint.sh": "#!/bin/sh\n"},
    )
    image = builder.build()
    assert image.path("/usr/src/app/seen").read_text() == '{"name": "shop"}\n#!/bin/sh\n'
    assert [path.name for path in image.path("/usr/src/app").iterdir()] == ["seen"]


def test_what_the_image_has_there_comes_back(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nRUN echo own > package.json && mkdir src && echo own > src/own\n"
        "RUN --mount=target=package.json,source=package.json --mount=target=/app/src,source=/src/ "
        "cat package.json src/a.js > seen && ls src >> seen\n",
        **{"package.json": "{}\n", "src/a.js": "a\n"},
    )
    image = builder.build()
    assert image.path("/app/seen").read_text() == "{}\na\na.js\n"
    assert image.path("/app/package.json").read_text() == "own\n"
    assert [path.name for path in image.path("/app/src").iterdir()] == ["own"]


def test_the_whole_context_over_the_folder_that_a_command_works_in(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nRUN touch own\nRUN --mount=type=bind,target=. cat package.json src/a.js > /seen\n",
        **{"package.json": "{}\n", "src/a.js": "a\n"},
    )
    image = builder.build()
    assert image.path("/seen").read_text() == "{}\na\n"
    assert [path.name for path in image.path("/app").iterdir()] == ["own"]


def test_one_mount_within_another(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\n"
        "RUN --mount=target=/app/x,source=src --mount=target=/app/x/new/b.js,source=src/a.js "
        "cat x/a.js x/new/b.js > seen\n",
        **{"src/a.js": "a\n"},
    )
    image = builder.build()
    assert image.path("/app/seen").read_text() == "a\na\n"
    assert [path.name for path in image.path("/app").iterdir()] == ["seen"]


def test_a_file_of_another_stage(builder: Builder) -> None:
    builder.write(
        "FROM node:24 AS made\nWORKDIR /out\nRUN echo made > it\nFROM node:24 AS unused\nFROM node:24\n"
        "WORKDIR /app\nRUN --mount=type=bind,from=made,source=/out,dst=/in cp /in/it kept\nCOPY --from=made /out/it .\n"
    )
    image = builder.build()
    assert image.path("/app/kept").read_text() == image.path("/app/it").read_text() == "made\n"
    assert not image.path("/in").exists()


@pytest.mark.parametrize(
    ("option", "run"), [(",rw", "echo x > src/b && ls src > seen"), ("", "! touch src/b && ls src > seen")]
)
def test_only_a_writable_one_can_be_written_to_and_nothing_of_it_stays(builder: Builder, option: str, run: str) -> None:
    builder.write(
        f"FROM node:24\nWORKDIR /app\nRUN --mount=type=bind,source=src,target=src{option} {run}\n", **{"src/a": ""}
    )
    image = builder.build()
    assert image.path("/app/seen").read_text().split() == (["a", "b"] if option else ["a"])
    assert not image.path("/app/src").exists()
    assert not (builder.context / "src" / "b").exists(), "your own files stay as they are"


def test_a_mount_changes_no_owner(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nCOPY src src\nRUN mkdir /mine && chown node /mine\nUSER node\n"
        "RUN --mount=source=package.json,target=package.json --mount=source=.,target=src cp package.json /mine/seen\n",
        **{"src/a": ""},
    )
    image = builder.build()
    assert {"/mine", "/mine/seen"} <= {*image.owned["1000"]}
    assert not {"/app", "/app/src", "/app/src/a", "/app/package.json"} & {*image.owned["1000"]}


def test_a_command_runs_again_when_a_file_of_its_mount_has_changed(builder: Builder) -> None:
    dockerfile = (
        "FROM node:24\nWORKDIR /app\n"
        "RUN --mount=type=bind,source=package.json,target=package.json sleep 0.6; cat package.json > seen\nCOPY . .\n"
    )
    for number, (package, other) in enumerate([("1", "a"), ("1", "b"), ("2", "b")]):
        builder.lines.clear()
        builder.write(dockerfile, **{"package.json": package, "other": other})
        assert builder.build().path("/app/seen").read_text() == package
        assert any("as built before" in line for line in builder.lines) == (number == 1)


def test_a_source_that_is_not_there_is_named(builder: Builder) -> None:
    builder.write("FROM node:24\nRUN --mount=type=bind,source=yarn.lock,target=yarn.lock yarn\n")
    with pytest.raises(UserError) as refused:
        builder.build()
    assert "Dockerfile:2: RUN --mount names yarn.lock, which is not in the build context" in refused.value.problem
    assert builder.leftovers() == []


def test_a_failed_command_leaves_the_message_and_nothing_else(builder: Builder) -> None:
    builder.write("FROM node:24\nWORKDIR /app\nRUN --mount=type=bind,target=/app/x echo 'Error: no' >&2; false\n")
    with pytest.raises(UserError, match="Error: no"):
        builder.build()
    assert builder.leftovers() == []
