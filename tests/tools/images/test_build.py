"""`make images` with a builder that is a script."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from conducky.errors import UserError
from conducky.repository import APPLICATIONS, ROOT
from tests.fakes.script import write_script
from tools.images.build import build_images, run_by_line
from tools.images.builder import Builder, find_builder

BUILDER = """case "$1" in
--version) echo buildah version 1.30.0 ;;
images) echo '[{{"size": "123 MB"}}]' ;;
build) echo "$@" >>"{folder}/builds"; {build} ;;
esac"""


class FakeBuilder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = io.StringIO()

    def does(self, build: str) -> None:
        write_script(self.folder / "buildah", BUILDER.format(folder=self.folder, build=build))

    def build(self, platform: str | None = None, *options: str) -> str:
        console = Console(file=self.output, width=200)
        build_images(console, platform=platform, options=options, root=self.folder)
        return self.output.getvalue()

    def builds(self) -> list[str]:
        file = self.folder / "builds"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeBuilder:
    monkeypatch.setenv("PATH", str(tmp_path))
    return FakeBuilder(tmp_path)


def test_both_are_built_and_their_sizes_printed(builder: FakeBuilder) -> None:
    builder.does("echo STEP 1/2: FROM node")
    lines = builder.build("arm64", "--no-cache").splitlines()
    assert [line.split("--tag ")[1] for line in builder.builds()] == [
        f"conducky-{name} --platform linux/arm64 --build-arg REVISION=unknown --no-cache {builder.folder}/{name}"
        for name in ("backend", "frontend")
    ]
    assert "building conducky-backend with buildah 1.30.0" in lines
    assert lines.count("STEP 1/2: FROM node") == 2
    assert [line.split()[:3] for line in lines[-2:]] == [
        ["conducky-backend", "123", "MB"],
        ["conducky-frontend", "123", "MB"],
    ]


def test_without_a_platform_the_builder_uses_its_own(builder: FakeBuilder) -> None:
    builder.does("")
    builder.build()
    assert not any("--platform" in line for line in builder.builds())


def test_an_unknown_platform_builds_nothing(builder: FakeBuilder) -> None:
    builder.does("")
    with pytest.raises(UserError, match="there is no platform `sparc`") as caught:
        builder.build("sparc")
    assert caught.value.fix == "use PLATFORM=arm64 or PLATFORM=amd64"
    assert builder.builds() == []


def test_a_failing_build_ends_with_its_last_lines_and_code(builder: FakeBuilder) -> None:
    builder.does("echo STEP 1; echo npm error why >&2; echo; printf 'Error: \\033[31mexit status 3\\n'; exit 3")
    with pytest.raises(UserError) as caught:
        builder.build()
    assert str(caught.value) == (
        "buildah could not build backend/Dockerfile (exit 3): STEP 1 | npm error why | Error: exit status 3"
    )
    assert len(builder.builds()) == 1, "the second image was built although the first had failed"


def test_another_processor_without_an_emulator_says_what_to_install(builder: FakeBuilder) -> None:
    builder.does("echo 'exec /bin/sh: exec format error'; exit 1")
    with pytest.raises(UserError) as caught:
        builder.build("arm64")
    assert caught.value.fix.startswith("install qemu-user-static")


@pytest.mark.engine
def test_ctrl_c_ends_the_builder_too(builder: FakeBuilder) -> None:
    builder.does(f"echo $$ >'{builder.folder}/pid'; exec /bin/sleep 60")
    command = [sys.executable, "-m", "tools.images", "--builder", "buildah"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": str(builder.folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pid_file = builder.folder / "pid"
    deadline = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGINT, said
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_another_base_comes_in_by_the_name_that_from_has(builder: FakeBuilder) -> None:
    """FROM is literal, as Dependabot needs it."""
    for name in ("backend", "frontend"):
        (builder.folder / name).mkdir()
        text = f"# syntax\nFROM --platform=linux/amd64 {name}:1.2@sha256:ab AS base\nFROM base\n"
        (builder.folder / name / "Dockerfile").write_text(text)
    builder.does("")
    build_images(Console(file=builder.output), base="localhost/own", root=builder.folder)
    for name, line in zip(("backend", "frontend"), builder.builds(), strict=True):
        assert f" --build-context {name}:1.2@sha256:ab=container-image://localhost/own " in line


@pytest.mark.slow
def test_the_applications_own_from_is_replaced_by_a_base_that_is_here(tmp_path: Path) -> None:
    """With the builder of this computer, and without the registry that FROM names."""
    try:
        builder = find_builder()
    except UserError as none:
        pytest.skip(str(none))
    (tmp_path / "mark").write_text("ours")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY mark /mark\n")
    built = ["conducky-test-base"]
    try:
        _build(builder, tmp_path, built[0])
        for name in APPLICATIONS:
            (first,) = re.findall("(?m)^FROM .* AS base$", (ROOT / name / "Dockerfile").read_text())
            (tmp_path / "Dockerfile").write_text(f"{first}\nFROM base\nCOPY mark /x\n")
            built.append(f"conducky-test-{name}")
            _build(builder, tmp_path, built[-1], *builder.on_base(tmp_path, built[0]))
            assert builder.size(built[-1]) != "?"
    finally:
        subprocess.run([builder.name, "rmi", *built], check=False, capture_output=True)


def _build(builder: Builder, context: Path, tag: str, *options: str) -> None:
    command = builder.build_command(context, tag, build_args={}, platform=None, options=options)
    subprocess.run(command, check=True, capture_output=True)


def test_output_comes_line_by_line_without_what_a_terminal_would_act_upon() -> None:
    lines: list[str] = []
    script = r"printf '\033[31mred\033[0m\nbell\007\n\377\nlast'; exit 3"
    assert run_by_line(["/bin/sh", "-c", script], lines.append) == 3
    assert lines == ["red", r"bell\x07", "\ufffd", "last"]
