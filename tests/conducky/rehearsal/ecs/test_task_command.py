"""A container's command as it starts locally: each kind that images of this field have."""

from pathlib import Path

import pytest

from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.task_command import local_command
from conducky.rehearsal.images.store import BuiltImage

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
        ([], ["node", "/app/dist/server.js"], ["node", "IMAGE/app/dist/server.js"]),
        (["/bin/sh", "-c"], ["node /app/dist/server.js"], ["/bin/sh", "-c", "node IMAGE/app/dist/server.js"]),
        (["node"], ["--import=/app/dist/server.js", "/none"], ["node", "--import=IMAGE/app/dist/server.js", "/none"]),
        # Init wrappers
        (["/sbin/tini", "--"], ["node", "x"], ["node", "x"]),
        (["tini", "-g", "-p", "SIGTERM", "--"], ["node", "x"], ["node", "x"]),
        (["/usr/bin/dumb-init"], ["node", "x", "--", "y"], ["node", "x", "--", "y"]),
        (["/usr/bin/dumb-init", "--rewrite", "15:3", "--", "node", "x"], [], ["node", "x"]),
        (["tini", "-s"], ["node", "x"], ["node", "x"]),
        # The official image's entry point
        ([], ["dist/server.js"], ["node", "dist/server.js"]),
        ([], ["--enable-source-maps", "x"], ["node", "--enable-source-maps", "x"]),
        ([], ["no-such-command-anywhere"], ["node", "no-such-command-anywhere"]),
        ([], ["serve", "-s"], ["serve", "-s"]),
        ([], ["sh", "x"], ["sh", "x"]),
        ([], [], ["node"]),
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


def test_the_official_entry_point_need_not_be_in_the_image(image: BuiltImage) -> None:
    image.path("/usr/local/bin/docker-entrypoint.sh").unlink()
    assert local(image, ["docker-entrypoint.sh"], ["dist/server.js"]) == ["node", "dist/server.js"]


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


def test_windows_line_ends_are_named(image: BuiltImage) -> None:
    with pytest.raises(ResourceFailedError) as failed:
        local(image, ["./windows.sh"], [])
    assert "windows.sh has Windows line ends" in failed.value.problem
    assert "sed -i" in failed.value.fix
    assert ".gitattributes" in failed.value.fix
