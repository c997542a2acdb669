"""Building an image in folders: small made-up contexts, real node and npm."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from conducky.build_context import context_digest
from conducky.errors import UserError
from conducky.rehearsal.image_build import BuiltImage, build_image, load_image, prune_images

APP = {
    "package.json": '{"name": "app", "version": "1.0.0", "scripts": {"build": "node build.js"}}',
    "package-lock.json": '{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "app"}}}',
    "build.js": "require('fs').mkdirSync('dist', {recursive: true});"
    "require('fs').writeFileSync('dist/server.js', JSON.stringify(process.env))",
    "secret.txt": "not for the image",
    ".dockerignore": "secret.txt\n",
    "entrypoint.sh": '#!/bin/sh\nexec "$@"\n',
}
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


class Builder:
    def __init__(self, folder: Path) -> None:
        self.context = folder / "my app"
        self.cache = folder / "image cache"
        self.log = folder / "logs" / "build.log"
        self.lines: list[str] = []
        self.stop = threading.Event()

    def write(self, dockerfile: str, **files: str) -> None:
        for name, content in {**APP, **files, "Dockerfile": dockerfile}.items():
            (self.context / name).parent.mkdir(parents=True, exist_ok=True)
            (self.context / name).write_text(content)

    def build(self, environment: dict[str, str] | None = None, digest: str = "", **build_args: str) -> BuiltImage:
        return build_image(
            self.context,
            self.context / "Dockerfile",
            build_args=build_args,
            environment=environment or {},
            cache=self.cache,
            digest=digest or context_digest(self.context, extra=build_args),
            log=self.log,
            progress=self.lines.append,
            stop=self.stop,
        )

    def leftovers(self) -> list[str]:
        return [path.name for path in self.cache.iterdir() if path.name.endswith((".building", ".lock"))]


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    builder = Builder(tmp_path)
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


@pytest.mark.parametrize("damage", ["image.json", "root/app", "half"])
def test_a_damaged_image_is_built_again(builder: Builder, damage: str) -> None:
    builder.write("FROM node:24\nWORKDIR /app\nCOPY package.json .\n")
    image = builder.build(digest="d")
    broken = image.root.parent / damage
    if damage == "half":
        (image.root.parent / "image.json").write_text('{"root":')
    elif broken.is_dir():
        broken.rename(broken.with_name("gone"))
    else:
        broken.unlink()
    assert load_image(builder.cache, "d") is None
    assert builder.build(digest="d").path("/app/package.json").is_file()


def test_in_place_changes_stay_in_their_stage(builder: Builder) -> None:
    builder.write(
        "FROM node:24 AS a\nWORKDIR /a\nCOPY package.json f\n"
        "FROM a AS b\nRUN echo more >> f\n"
        "FROM a AS c\nRUN cp f before\n"
        "FROM a\nCOPY --from=b /a/f from-b\nCOPY --from=c /a/before from-c\n"
    )
    image = builder.build()
    assert image.path("/a/from-b").read_text() == APP["package.json"] + "more\n"
    assert image.path("/a/from-c").read_text() == APP["package.json"]
    assert image.path("/a/f").read_text() == APP["package.json"]


def test_copy_follows_dockers_rules(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\n"
        "COPY src ./\nCOPY src /other\nCOPY package.json renamed.json\nCOPY package.json /there\nCOPY s*/a* /globbed/\n"
        "COPY package.json build.js /abs/\nCOPY app/[id]/page.js page.js\nCOPY link followed\nCOPY . all\n",
        **{"src/a.js": "a", "src/deep/b.js": "b", "app/[id]/page.js": "p"},
    )
    (builder.context / "link").symlink_to("src/a.js")
    image = builder.build()
    for path in (
        "/app/a.js",
        "/app/deep/b.js",
        "/other/deep/b.js",
        "/app/renamed.json",
        "/there",
        "/globbed/a.js",
        "/abs/build.js",
        "/app/page.js",
        "/app/all/src/deep/b.js",
    ):
        assert image.path(path).is_file(), f"{path} is not in the image"
    assert not image.path("/app/all/secret.txt").exists(), ".dockerignore was not honoured"
    assert not image.path("/app/followed").is_symlink()
    assert image.path("/app/all/link").is_symlink()


def test_paths_of_the_image_never_leave_it(builder: Builder) -> None:
    builder.write("FROM node:24\n")
    image = builder.build()
    assert image.path("/../../x") == image.root / "x"
    with pytest.raises(ValueError, match="not an absolute path"):
        image.path("x")


def test_path_of_the_image_inside_a_run(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nENV PATH=/app/bin:$PATH DATA=/app/data NPM_CONFIG_CACHE=/tmp/.npm\n"
        "COPY --chmod=755 entrypoint.sh bin/tool\n"
        'RUN mkdir "$DATA" && tool touch /app/data/a /home/node/b && cd data && ls /app/d*/a && pwd > where '
        '&& echo "$NPM_CONFIG_CACHE" > cache && echo https://example.test/app > url\n'
    )
    image = builder.build()
    assert image.path("/app/data/a").is_file()
    assert image.path("/home/node/b").is_file()
    assert image.path("/app/data/where").read_text().strip().endswith("/app/data")
    assert image.path("/app/data/cache").read_text().strip().endswith("stage0/tmp/.npm")
    assert image.path("/app/data/url").read_text() == "https://example.test/app\n"


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("rm -rf /var/lib/x", r"my app/Dockerfile:4: this RUN names /var/lib/x"),
        ("cp a /etc/hosts", "names /etc/hosts"),
        ("cd / && ls", "names /"),
        ("echo x >/usr/x", "names /usr/x"),
        ("ls --dir=/usr/x", "names /usr/x"),
        ("ls $OUTSIDE", "names /srv/x"),
        ("rm -rf $DATA", r'write "\$DATA" with its quotes'),
        ("node -e \"require('/app/x')\"", "inside quotes cannot be rehearsed"),
        ("rm -rf ../../x", r"\.\./\.\./x leads out"),
        ("rm -rf a/../../../x", "leads out"),
        ("rm -rf ~/.npm", "home folder"),
        ("rm -rf $HOME/.npm", "home folder"),
        ("npm ci && apt-get install x", "`apt-get` would change this machine"),
        ("npm install -g x", "`npm install -g` would change"),
        ("npm ci && npm cache clean --force", "`npm cache` would change"),
        ("useradd x", "`useradd` would change"),
        ("corepack enable", "`corepack` would change"),
    ],
)
def test_what_would_act_on_this_machine_is_refused(builder: Builder, run: str, message: str) -> None:
    builder.write(f"FROM node:24\nWORKDIR /app\nENV OUTSIDE=/srv/x DATA=/app/data\nRUN {run}\n")
    with pytest.raises(UserError, match=message):
        builder.build()
    assert builder.leftovers() == []


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM python:3", "Dockerfile:1: the rehearsal has no image python:3"),
        ("FROM node:24\nCOPY secret.txt .", r"Dockerfile:2: COPY names secret.txt, .*dockerignore"),
        ("FROM node:24\nCOPY gone .", "Dockerfile:2: COPY names gone"),
        ("FROM node:24 AS a\nFROM node:24\nCOPY --from=a /gone .", "Dockerfile:3: COPY names /gone"),
        ("FROM node:24\nCOPY outside x", "Dockerfile:2: COPY names outside, a link to outside"),
    ],
)
def test_what_cannot_be_built_is_one_sentence(builder: Builder, dockerfile: str, message: str) -> None:
    builder.write(dockerfile)
    (builder.context / "outside").symlink_to("/etc/hosts")
    with pytest.raises(UserError, match=message):
        builder.build()
    assert builder.leftovers() == []


def test_a_failing_command_says_where_and_why(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm run build\n",
        **{"build.js": "console.log('\\x1b[31mType error: x is not y\\x1b[0m\\n\\n'); process.exit(3)"},
    )
    with pytest.raises(UserError) as caught:
        builder.build()
    sentence = str(caught.value)
    assert sentence.startswith(
        "my app/Dockerfile:4: `npm run build` failed (exit 3): Type error: x is not y; the whole"
    )
    assert "Type error" in builder.log.read_text()
    assert builder.leftovers() == []
    builder.write("FROM node:24\nCOPY . .\n")
    builder.build()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for 30 seconds"
        time.sleep(0.02)


def test_stopping_kills_the_command_and_leaves_nothing(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nCOPY build.js .\nRUN node build.js & wait\n",
        **{"build.js": "require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)"},
    )
    errors: list[str] = []

    def build() -> None:
        try:
            builder.build()
        except UserError as error:
            errors.append(str(error))

    thread = threading.Thread(target=build)
    thread.start()
    wait_for(lambda: any(p.read_text() for p in builder.cache.glob("*.building/stage0/pid")))
    pid = int(next(builder.cache.glob("*.building/stage0/pid")).read_text())
    builder.stop.set()
    thread.join(30)
    assert errors == ["stopped"]
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert builder.leftovers() == []


def test_a_command_leaves_no_process_behind(builder: Builder) -> None:
    builder.write("FROM node:24\nRUN sleep 600 & echo $! > pid\n")
    pid = int(builder.build().path("/pid").read_text())
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_two_builds_of_one_image_at_once_build_it_once(builder: Builder) -> None:
    builder.write("FROM node:24\nRUN sleep 0.5\n")
    images: list[BuiltImage] = []
    threads = [threading.Thread(target=lambda: images.append(builder.build())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(images) == 3
    assert len([line for line in builder.lines if "sleep 0.5" in line]) == 1


def test_old_images_go_and_recent_ones_stay(builder: Builder) -> None:
    builder.write("FROM node:24\n")
    now = time.time()
    for number in range(5):
        builder.build(digest=f"d{number}")
        age = (5 - number) * 3600
        os.utime(builder.cache / f"d{number}", (now - age, now - age))
    (builder.cache / "crashed.building").mkdir()
    prune_images(builder.cache, keep=1, younger_than=2.5 * 3600)
    assert sorted(path.name for path in builder.cache.iterdir()) == ["d3", "d3.lock", "d4", "d4.lock"]
