"""RUN on this account, and what it must not do to it."""

import threading
from pathlib import Path

import psutil
import pytest

from conducky.errors import UserError
from tests.conducky.rehearsal.images.image_builder import Builder, wait_for


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(tmp_path)


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
        ("rm -rf /var/lib/x", r"my app/Dockerfile:4: this RUN uses /var/lib/x"),
        ("cp a /etc/hosts", "uses /etc/hosts"),
        ("cd / && ls", "uses /"),
        ("echo x >/usr/x", "uses /usr/x"),
        ("ls --dir=/usr/x", "uses /usr/x"),
        ("ls $OUTSIDE", "uses /srv/x"),
        ("rm -rf $DATA", r'write "\$DATA" with the quotes'),
        ("node -e \"require('/app/x')\"", "inside quotes cannot be rehearsed"),
        ("rm -rf ../../x", r"\.\./\.\./x leads out"),
        ("rm -rf a/../../../x", "leads out"),
        ("rm -rf ~/.npm", "home folder"),
        ("rm -rf $HOME/.npm", "home folder"),
        ("npm ci && apt-get install x", "`apt-get` would change your computer"),
        ("npm install -g x", "`npm install -g` would change"),
        ("npm ci && npm cache clean --force", "`npm cache` would change"),
        ("useradd x", "`useradd` would change"),
        ("corepack enable", "`corepack` would change"),
    ],
)
def test_what_would_change_your_computer_is_refused(builder: Builder, run: str, message: str) -> None:
    builder.write(f"FROM node:24\nWORKDIR /app\nENV OUTSIDE=/srv/x DATA=/app/data\nRUN {run}\n")
    with pytest.raises(UserError, match=message):
        builder.build()
    assert builder.leftovers() == []


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
