"""Building an image in folders: small made-up contexts, real node and npm."""

import os
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.images.image_builder import Builder

pytestmark = pytest.mark.engine

DOCKERFILE = """ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE} AS base
WORKDIR /app
RUN apt-get update && rm -rf /var/lib/apt/lists/*
FROM base AS deps
COPY package*.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
FROM deps AS build
ARG PUBLIC_URL
COPY . .
RUN npm run build && echo inside > /app/dist/note.txt 2>/dev/null
FROM base AS never
RUN exit 1
FROM base
ENV NODE_ENV=production HOME_IN_IMAGE=/app
COPY --from=build /app/dist ./dist
COPY --chmod=755 entrypoint.sh /app/bin/
USER 1000:1000
EXPOSE 4000
ENTRYPOINT ["./bin/entrypoint.sh"]
CMD ["node", "dist/server.js"]
"""


@pytest.fixture
def builder(tmp_path: Path, run_folder: RunFolder) -> Builder:
    builder = Builder(tmp_path, run_folder)
    builder.write(DOCKERFILE)
    return builder


def test_a_multi_stage_build(builder: Builder) -> None:
    os.environ["CONDUCKY_TEST_LEAK"] = "1"
    try:
        image = builder.build({"FROM_HOST": "yes"}, PUBLIC_URL="http://shop.test")
    finally:
        del os.environ["CONDUCKY_TEST_LEAK"]
    assert sorted(str(p.relative_to(image.root)) for p in image.root.rglob("*") if p.is_file()) == [
        "app/bin/entrypoint.sh",
        "app/dist/note.txt",
        "app/dist/server.js",
    ]
    seen = image.path("/app/dist/server.js").read_text()
    assert '"PUBLIC_URL":"http://shop.test"' in seen
    assert '"FROM_HOST":"yes"' in seen
    assert "CONDUCKY_TEST_LEAK" not in seen, "the host's own variables reach a RUN"
    assert os.access(image.path("/app/bin/entrypoint.sh"), os.X_OK)
    assert image.environment == {"NODE_ENV": "production", "HOME_IN_IMAGE": "/app"}
    assert (image.workdir, image.user, image.exposed) == ("/app", "1000:1000", (4000,))
    assert (image.entrypoint, image.command) == (("./bin/entrypoint.sh",), ("node", "dist/server.js"))
    assert [name for name in builder.leftovers() if name.endswith(".building")] == []
    assert any("apt-get" in line and "skipped" in line for line in builder.lines)


def test_the_second_time_is_a_look_up(builder: Builder) -> None:
    first = builder.build()
    builder.lines.clear()
    assert builder.build() == first
    assert builder.lines == []


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM python:3", "Dockerfile:1: the rehearsal has no image python:3: this needs a container engine"),
        ("FROM cimg/node:20", "the rehearsal has no image cimg/node:20"),
        ("FROM bitnami/node", "the rehearsal has no image bitnami/node"),
        ("FROM node:24\nCOPY secret.txt .", r"Dockerfile:2: COPY names secret.txt, .*dockerignore"),
        ("FROM node:24\nCOPY gone .", "Dockerfile:2: COPY names gone"),
        ("FROM node:24 AS a\nFROM node:24\nCOPY --from=a /gone .", "Dockerfile:3: COPY names /gone"),
        ("FROM node:24\nCOPY outside x", "Dockerfile:2: COPY names outside, a link out of its folder"),
    ],
)
def test_what_cannot_be_built_is_one_message(builder: Builder, dockerfile: str, message: str) -> None:
    builder.write(dockerfile)
    (builder.context / "outside").symlink_to("/etc/hosts")
    with pytest.raises(UserError, match=message):
        builder.build()
    assert builder.leftovers() == []


def test_a_folder_of_this_computer_does_not_come_by_a_link(builder: Builder) -> None:
    builder.write(
        "FROM node:24 AS a\nWORKDIR /app\nCOPY . .\nRUN npm run build\nFROM node:24\nCOPY --from=a /app/etc x\n",
        **{"build.js": "require('fs').symlinkSync('/etc', 'etc')"},
    )
    with pytest.raises(UserError, match="Dockerfile:6: COPY names app/etc, a link out of its folder"):
        builder.build()


def test_a_failing_command_says_where_and_why(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm run build\n",
        **{"build.js": "console.log('\\x1b[31mType error: x is not y\\x1b[0m\\n\\n'); process.exit(3)"},
    )
    with pytest.raises(UserError) as caught:
        builder.build()
    message = str(caught.value)
    assert message.startswith(
        "my app/Dockerfile:4: `npm run build` failed (exit 3): Type error: x is not y: see the whole"
    )
    assert "Type error" in builder.log.read_text()
    assert builder.leftovers() == []
    builder.write("FROM node:24\nCOPY . .\n")
    builder.build()
