"""A container's command as it starts locally: each kind that images of this field have."""

import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.image_programs import write_programs
from conducky.rehearsal.ecs.task_command import local_command
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.images.task_copy import task_copy

FILES = {
    "app/dist/server.js": "1",
    "app/start.sh": "#!/bin/sh\nset -e\nmkdir -p /srv/made-up /app/data\ncat /etc/hosts '/app/dist/server.js'\n"
    'exec /usr/bin/env node /app/dist/server.js "$@" > /dev/null\n',
    "usr/local/bin/node": "#!/bin/sh\n",
    "usr/local/bin/docker-entrypoint.sh": '#!/bin/sh\nexec "$@"\n',
    "app/node_modules/.bin/serve": "#!/usr/bin/env node\n",
    "app/windows.sh": "#!/bin/sh\r\nexec true\r\n",
}


@pytest.fixture
def image(tmp_path: Path) -> BuiltImage:
    root = tmp_path / "image"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode())
        (root / name).chmod(0o644 if name.endswith(".js") else 0o755)
    return BuiltImage(root=root, workdir="/app", environment={}, entrypoint=(), command=(), user="", exposed=())


def local(image: BuiltImage, entrypoint: list[str], command: list[str]) -> list[str]:
    path = f"{image.root}/app/node_modules/.bin:{image.root}/usr/local/bin:/usr/bin:/bin"
    words = local_command(image, entrypoint, command, path, lambda _line: None)
    return [word.replace(str(image.root), "IMAGE") for word in words]


@pytest.mark.parametrize(
    ("entrypoint", "command", "expected"),
    [
        # Absolute paths, in words and in what a shell runs
        ([], ["node", "/app/dist/server.js"], ["docker-entrypoint.sh", "node", "IMAGE/app/dist/server.js"]),
        (["/bin/sh", "-c"], ["node /app/dist/server.js"], ["/bin/sh", "-c", "node IMAGE/app/dist/server.js"]),
        (["node"], ["--import=/app/dist/server.js", "/none"], ["node", "--import=IMAGE/app/dist/server.js", "/none"]),
        # The image's own of that name
        (["docker-entrypoint.sh"], ["node"], ["docker-entrypoint.sh", "node"]),
        # Another entry point gets its words as they are
        (["./start.sh"], ["--flag"], ["./start.sh", "--flag"]),
    ],
)
def test_each_command_starts_what_it_starts_in_the_container(
    image: BuiltImage, entrypoint: list[str], command: list[str], expected: list[str]
) -> None:
    assert local(image, entrypoint, command) == expected


MIGRATE = ["/bin/sh", "-c", 'exec "$@"', "migrate"]
RUN_THROUGH = ["/app/run.sh"]


@pytest.mark.parametrize(
    ("entrypoint", "command", "started"),
    [
        # Init wrappers
        (["/sbin/tini", "--"], ["node", "x"], ["node", "x"]),
        (["tini", "-g", "-p", "SIGTERM", "--"], ["node", "x"], ["node", "x"]),
        (["/usr/bin/dumb-init"], ["node", "x", "--", "y"], ["node", "x", "--", "y"]),
        (["/usr/bin/dumb-init", "--rewrite", "15:3", "--", "node", "x"], [], ["node", "x"]),
        (["tini", "-s"], ["node", "a b", ""], ["node", "a b", ""]),
        # Behind what runs the migrations, the image's own script, and a shell
        (MIGRATE, ["/sbin/tini", "--", "node", "/app/dist/server.js"], ["node", "IMAGE/app/dist/server.js"]),
        (MIGRATE, ["dumb-init", "node", "x"], ["node", "x"]),
        (RUN_THROUGH, ["dumb-init", "node", "x"], ["node", "tini", "x"]),
        (["/bin/sh", "-c"], ["exec /usr/local/bin/tini -- node x"], ["node", "x"]),
        # The official image's entry point
        ([], ["dist/server.js"], ["node", "dist/server.js"]),
        ([], ["--enable-source-maps", "x"], ["node", "--enable-source-maps", "x"]),
        ([], ["no-such-command-anywhere"], ["node", "no-such-command-anywhere"]),
        ([], ["./node", "x"], ["node", "x"]),
        ([], ["serve", "-s"], ["serve", "-s"]),
        ([], [], ["node"]),
        (["docker-entrypoint.sh"], ["x"], ["node", "x"]),
        (["/usr/local/bin/docker-entrypoint.sh"], ["x"], ["node", "x"]),
        (["/usr/bin/tini", "--", "docker-entrypoint.sh"], ["x"], ["node", "x"]),
    ],
)
def test_what_an_image_starts_with_need_not_be_in_it(
    image: BuiltImage, tmp_path: Path, entrypoint: list[str], command: list[str], started: list[str]
) -> None:
    image.path("/usr/local/bin/docker-entrypoint.sh").unlink()
    for name in ("usr/local/bin/node", "app/node", "app/node_modules/.bin/serve"):
        (image.root / name).write_text('#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@"\n')
        (image.root / name).chmod(0o755)
    (image.root / "app/run.sh").write_text(
        '#!/bin/sh\n[ "$1" = dumb-init ] && shift 2\nexec /sbin/tini -- node tini "$@"\n'
    )
    (image.root / "app/run.sh").chmod(0o755)
    own = f"{image.root}/app/node_modules/.bin:{image.root}/usr/local/bin"
    path = f"{own}:/usr/bin:/bin:{write_programs(tmp_path)}"
    words = local_command(image, entrypoint, command, path, lambda _line: None)
    done = subprocess.run(
        ["/usr/bin/env", *words], cwd=image.path("/app"), env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.replace(str(image.root), "IMAGE").splitlines() == started
    assert done.stderr == ""


def test_an_images_own_init_is_left_alone(image: BuiltImage) -> None:
    own = image.path("/sbin/tini")
    own.parent.mkdir()
    own.write_text("its own")
    local(image, ["/sbin/tini", "--"], ["node"])
    assert own.read_text() == "its own"


def test_paths_in_a_script_are_those_of_the_tasks_copy(image: BuiltImage) -> None:
    warned: list[str] = []
    original = image.path("/app/start.sh")
    (image.root / "cached").hardlink_to(original)

    local_command(image, ["/app/start.sh"], [], "/usr/bin", warned.append)

    text = original.read_text().replace(str(image.root), "IMAGE")
    assert text.splitlines()[2:] == [
        "mkdir -p IMAGE/srv/made-up IMAGE/app/data",
        "cat /etc/hosts 'IMAGE/app/dist/server.js'",
        'exec /usr/bin/env node IMAGE/app/dist/server.js "$@" > /dev/null',
    ]
    assert text.startswith("#!/bin/sh\n")
    assert original.stat().st_mode & 0o111
    assert (image.root / "cached").read_text() == FILES["app/start.sh"], "the image's own stays as it is"
    assert len(warned) == 1
    assert "/etc/hosts" in warned[0]


@pytest.mark.parametrize("words", [["/app/start.sh"], ["/sbin/tini", "--", "node"], ["/opt/a/b/tini"]])
def test_a_plain_user_changes_a_copy_in_which_tasks_may_not_write(image: BuiltImage, words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        own = Path(name)
        own.chmod(0o777)
        shutil.copytree(image.root, own / "image")

        def change() -> None:
            copy = task_copy(image.model_copy(update={"root": own / "image"}), own / "copy", "1000", None)
            (started, *_) = local_command(copy, words, [], "/usr/bin", lambda _line: None)
            assert Path(started).is_relative_to(own / "copy")
            assert os.access(started, os.X_OK)
            folders = [each for each in (own / "copy", *(own / "copy").rglob("*")) if each.is_dir()]
            assert [each for each in folders if os.access(each, os.W_OK)] == [own / "copy" / "tmp"]

        as_plain_user(change)


def as_plain_user(work: Callable[[], object]) -> None:
    """Do something as who is not root, in a process of its own where we are; what it raises is printed."""
    if os.geteuid() != 0:
        work()
        return
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001  # it must not go on in here
            traceback.print_exc()
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0, "see what it printed"


def test_windows_line_ends_are_named(image: BuiltImage) -> None:
    with pytest.raises(ResourceFailedError) as failed:
        local(image, ["./windows.sh"], [])
    assert "windows.sh has Windows line ends" in failed.value.problem
    assert "sed -i" in failed.value.fix
    assert ".gitattributes" in failed.value.fix
