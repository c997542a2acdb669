"""RUN on this account, and what it must not do to it."""

import os
import threading
from pathlib import Path

import psutil
import pytest

from conducky.errors import UserError
from conducky.rehearsal.images.run_step import host_environment
from tests.conducky.rehearsal.images.image_builder import Builder, wait_for

pytestmark = pytest.mark.engine


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
    ("run", "problem"),
    [
        ("cp a /etc/hosts", "my app/Dockerfile:4: this RUN uses /etc/hosts"),
        ("cat /etc/passwd > users", "uses /etc/passwd"),
        ("rm -rf ../../x", "../../x leads out"),
        ("rm -rf a/../../../x", "leads out"),
        ("npm ci && sudo rm -rf x", "`sudo` would change your computer"),
        ("if [ -f x ]; then mount -t tmpfs x y; fi", "`mount` would change"),
        ("/usr/bin/env A=1 systemctl start x", "`systemctl` would change"),
        ("sh -c 'true; docker ps'", "`docker` would change"),
        ("echo $(podman ps)", "`podman` would change"),
        ("curl https://example.test/setup | bash -", "what `bash` would run cannot be read"),
        ('eval "$SCRIPT"', "what `eval` would run cannot be read"),
        ('bash -c "apt-get install $PACKAGES && npm ci"', "`apt-get` inside `bash -c` with variables"),
    ],
)
def test_what_would_change_your_computer_needs_a_container_engine(builder: Builder, run: str, problem: str) -> None:
    builder.write(f"FROM node:24\nWORKDIR /app\nENV DATA=/app/data\nRUN {run}\n")
    with pytest.raises(UserError) as refused:
        builder.build()
    assert problem in refused.value.problem
    assert refused.value.fix == "this needs a container engine: install Docker or Podman"
    assert builder.leftovers() == []


def test_a_path_with_blanks_must_be_quoted(builder: Builder) -> None:
    builder.write("FROM node:24\nWORKDIR /app\nENV DATA=/app/data\nRUN rm -rf $DATA\n")
    with pytest.raises(UserError, match=r'write "\$DATA" with the quotes'):
        builder.build()


def test_absolute_paths_are_the_images(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nENV OUTSIDE=/srv/conducky-test\n"
        'RUN mkdir -p /usr/src/app /opt/conducky-test "$OUTSIDE" && echo 1 >/usr/src/app/one && rm -rf /var/lib/con '
        "&& touch ~/mine && /bin/sh -c 'touch ~/too' && cd / && ls > /tmp/list\n"
    )
    image = builder.build()
    assert image.path("/usr/src/app/one").is_file()
    assert image.path("/opt/conducky-test").is_dir()
    assert image.path("/srv/conducky-test").is_dir()
    assert image.path("/root/mine").is_file()
    assert image.path("/root/too").is_file()
    assert "app" in image.path("/tmp/list").read_text().split()  # noqa: S108  # the image's
    assert not Path("/opt/conducky-test").exists()


def test_npms_global_packages_and_settings_are_the_images(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nCOPY tool /tool\n"
        "RUN npm install -g /tool && made-for-tests > out && npm config set registry https://mirror.example \\\n"
        " && npm config get registry >> out\n"
        "RUN git config --global user.name x || true\n"
        "USER node\nRUN echo $HOME > /tmp/home\n",
        **{
            "tool/package.json": '{"name": "t", "version": "1.0.0", "bin": {"made-for-tests": "bin.js"}}',
            "tool/bin.js": "#!/usr/bin/env node\nconsole.log('ran')\n",
        },
    )
    image = builder.build()
    assert image.path("/app/out").read_text().splitlines() == ["ran", "https://mirror.example"]
    assert "mirror.example" in image.path("/root/.npmrc").read_text()
    assert image.path("/usr/local/bin/made-for-tests").resolve().is_relative_to(image.root.resolve())
    assert image.path("/tmp/home").read_text().strip().endswith("/home/node")  # noqa: S108  # the image's


def test_corepack_and_yarn_are_where_the_official_image_has_them(builder: Builder) -> None:
    builder.write("FROM node:24\nWORKDIR /app\nRUN corepack enable pnpm && which pnpm yarn > found\nCMD yarn\n")
    image = builder.build()
    found = image.path("/app/found").read_text().splitlines()
    assert [line.partition("/stage0")[2] for line in found] == ["/usr/local/bin/pnpm", "/usr/local/bin/yarn"]
    for name in ("pnpm", "yarn", "corepack"):
        assert image.path(f"/usr/local/bin/{name}").resolve().is_relative_to(image.root.resolve())


def test_a_cache_mount_is_not_part_of_the_image(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nRUN --mount=type=cache,target=/root/.cache/x mkdir -p ~/.cache/x && touch ~/.cache/x/y\n"
    )
    assert not builder.build().path("/root/.cache/x").exists()


def test_another_shell_runs_what_follows(builder: Builder) -> None:
    builder.write('FROM node:24\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN false | true\n')
    with pytest.raises(UserError, match=r"failed \(exit 1\)"):
        builder.build()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user for builds")
def test_a_build_of_root_runs_as_nobody_in_particular(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN id -u > user && touch package.json && ls -la /app > list\n"
    )
    image = builder.build()
    assert image.path("/app/user").read_text().strip() == str(builder.run_folder.user)
    assert image.path("/app/user").stat().st_uid == 0, "a finished image is nobody's to write"
    assert image.path("/app/user").stat().st_mode & 0o222 == 0


def test_nothing_of_a_build_is_in_the_persons_home(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".npmrc").write_text("registry=https://the.persons.example\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("npm_config_userconfig", str(home / ".npmrc"))
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    before = {path: path.read_bytes() for path in home.rglob("*")}
    builder.write(
        "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && npm config set strict-ssl false "
        "&& git config --global user.name x; mkdir -p ~/.config && touch ~/.config/x "
        '"${XDG_CONFIG_HOME:-$HOME/.config}/y" && npm config get registry > registry\n'
    )
    image = builder.build()
    assert {path: path.read_bytes() for path in home.rglob("*")} == before
    assert image.path("/root/.config/y").is_file()
    assert "the.persons" not in image.path("/app/registry").read_text()


def test_a_build_gets_how_npm_reaches_its_registry_and_no_other_setting_of_the_persons_npm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reach = {
        "npm_config_registry": "https://npm.example",
        "NPM_CONFIG_CAFILE": "/etc/ssl/cert.pem",
        "npm_config_https_proxy": "http://proxy.example",
        "npm_config_noproxy": "npm.example",
        "npm_config_fetch_retries": "5",
        "https_proxy": "http://proxy.example",
    }
    own = ("omit", "include", "production", "ignore_scripts", "legacy_peer_deps", "prefix", "cache", "userconfig")
    kept = {"PATH": "/bin", **reach}
    others = {"NODE_ENV": "production", "NODE_OPTIONS": "--no-warnings", "PORT": "1"}
    monkeypatch.setattr(os, "environ", kept | others | {f"npm_config_{name}": "x" for name in own})
    assert host_environment() == kept


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
    wait_for(lambda: any(p.read_text() for p in (work / "stage0/pid" for work in builder.works()) if p.exists()))
    pid = int(next(p for p in builder.run_folder.path.glob("builds/*/stage0/pid")).read_text())
    builder.stop.set()
    thread.join(30)
    assert errors == ["stopped"]
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert builder.leftovers() == []


def test_a_command_leaves_no_process_behind(builder: Builder) -> None:
    builder.write("FROM node:24\nRUN sleep 600 & echo $! > pid\n")
    pid = int(builder.build().path("/pid").read_text())
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize(("begin", "end"), [("<<EOF", "EOF"), ("<<-'E.1'", "\tE.1")])
def test_a_heredoc_is_a_script_of_several_lines(builder: Builder, begin: str, end: str) -> None:
    builder.write(
        f"FROM node:24\nWORKDIR /app\nENV A=1\nRUN {begin}\n"
        "# is no command: sudo\napt-get update\n\tif true; then\n"
        f'\techo "$A" > seen\n\tfi\n\techo two >> /app/seen\n{end}\n'
    )
    assert builder.build().path("/app/seen").read_text() == "1\ntwo\n"
    (line,) = builder.lines
    assert line.startswith("my app/Dockerfile:4: `# is no command: sudo; apt-get update;")
    assert "`apt-get` is skipped" in line
