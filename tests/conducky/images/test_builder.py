"""Which engine is taken, and what is said where none serves. The engines are scripts on a PATH of their own."""

from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.images.builder import Builder, find_builder
from tests.tools.machine import write_script

DOCKER = 'case "$*" in "version "*) echo 28.2.2 ;; "buildx version") echo v0.30 ;; *) exit 9 ;; esac'
PODMAN = 'case "$*" in --version) echo podman version 4.3.1 ;; "info "*) echo amd64 ;; *) exit 9 ;; esac'
BUILDAH = "echo 'buildah version 1.28.2 (image-spec 1.1.0-rc2)'"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; nothing is in it yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def the_sentence(wanted: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        find_builder(wanted)  # pyright: ignore[reportArgumentType] - a test's own words
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_docker_comes_first_then_podman_then_buildah(path: Path) -> None:
    write_script(path / "buildah", BUILDAH)
    assert find_builder() == Builder("buildah", "1.28.2")
    write_script(path / "podman", PODMAN)
    assert find_builder() == Builder("podman", "4.3.1")
    write_script(path / "docker", DOCKER)
    assert find_builder() == Builder("docker", "28.2.2")
    assert find_builder("buildah").name == "buildah"


def test_a_docker_without_its_daemon_is_passed_over(path: Path) -> None:
    write_script(path / "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    write_script(path / "podman", PODMAN)
    assert find_builder().name == "podman"


def test_no_engine_at_all(path: Path) -> None:
    assert the_sentence() == (
        "there is no container engine here to build images with: "
        "install Docker from docs.docker.com/get-started/get-docker, or Podman, then run `make images` again"
    )


def test_where_there_is_apt_it_names_the_command(path: Path) -> None:
    write_script(path / "apt-get", "")
    assert "apt-get install -y podman`, or Docker from" in the_sentence()
    assert "apt-get install -y buildah`, then" in the_sentence("buildah")


def test_the_daemon_does_not_run(path: Path) -> None:
    write_script(path / "docker", "echo 'Client: 28'; echo 'Cannot connect. Is the daemon on?' >&2; exit 1")
    assert the_sentence() == (
        "no image can be built here: docker does not reach its daemon (Cannot connect. Is the daemon on?): "
        "start it, or let this user use it, then run `make images` again"
    )


def test_docker_without_buildx(path: Path) -> None:
    write_script(path / "docker", 'case "$*" in "version "*) echo 20.10.24 ;; *) exit 1 ;; esac')
    assert "docker has no buildx, without which it knows no `RUN --mount`: install" in the_sentence()


@pytest.mark.parametrize(
    ("name", "says", "wanted"),
    [("podman", "podman version 3.4.4", "4.0"), ("buildah", "buildah version 1.23.1 (image-spec 1)", "1.24")],
)
def test_too_old(path: Path, name: str, says: str, wanted: str) -> None:
    write_script(path / name, f"echo '{says}'")
    assert f"{name} {says.split()[2]} is too old for `RUN --mount`: install {wanted} or newer" in the_sentence()


def test_podmans_machine_does_not_run(path: Path) -> None:
    write_script(
        path / "podman", "case $1 in --version) echo podman version 5.1.0 ;; *) echo no socket >&2; exit 125 ;; esac"
    )
    assert (
        "podman is not ready (no socket): on macOS and Windows start it with `podman machine start`" in the_sentence()
    )


def test_a_broken_engine(path: Path) -> None:
    write_script(path / "buildah", "echo lib missing >&2; exit 127")
    assert the_sentence("buildah") == "no image can be built here: buildah is broken (lib missing): install it anew"


def test_several_reasons_are_all_said(path: Path) -> None:
    write_script(path / "docker", "echo no daemon >&2; exit 1")
    write_script(path / "buildah", "echo buildah version 1.20.0")
    assert "(no daemon)" in the_sentence()
    assert "buildah 1.20.0 is too old" in the_sentence()


def test_a_build_says_platform_arguments_and_options() -> None:
    for name, verb in (
        ("docker", ["buildx", "build", "--load"]),
        ("podman", ["build", "--layers", "--format", "docker"]),
    ):
        command = Builder(name, "1").build_command(  # pyright: ignore[reportArgumentType] - a test's own words
            Path("/x/backend"), "tag", build_args={"A": "1"}, platform="linux/arm64", options=["--no-cache"]
        )
        words = ["--tag", "tag", "--platform", "linux/arm64", "--build-arg", "A=1", "--no-cache", "/x/backend"]
        assert command == [name, *verb, *words]


def test_sizes_are_in_megabytes(path: Path) -> None:
    write_script(path / "docker", "echo 504987654")
    write_script(path / "podman", "exit 1")
    write_script(path / "buildah", """echo '[{"names": ["x"], "size": "505 MB"}]'""")
    assert [Builder(name, "1").size("x") for name in ("docker", "podman", "buildah")] == [
        "505 MB",
        "?",
        "505 MB",
    ]
