"""Which builder is used, and the message where none works. The builders are scripts on a PATH of their own."""

from pathlib import Path

import pytest

from conducky.errors import UserError
from tests.fakes.script import write_script
from tools.images.builder import Builder, find_builder

DOCKER = 'case "$*" in "version "*) echo 28.2.2 ;; "buildx version") echo v0.30 ;; *) exit 9 ;; esac'
PODMAN = 'case "$*" in --version) echo podman version 4.3.1 ;; "info "*) echo amd64 ;; *) exit 9 ;; esac'
BUILDAH = "echo 'buildah version 1.28.2 (image-spec 1.1.0-rc2)'"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; nothing is in it yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def refusal(wanted: str | None = None) -> UserError:
    with pytest.raises(UserError) as caught:
        find_builder(wanted)  # pyright: ignore[reportArgumentType] - a test's own words
    assert "\n" not in str(caught.value)
    return caught.value


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


def test_no_builder_at_all(path: Path) -> None:
    error = refusal()
    assert error.problem == "neither Docker, Podman nor Buildah is installed"
    assert "docs.docker.com/get-started/get-docker" in error.fix
    assert refusal("podman").problem == "podman is not installed"


def test_where_there_is_apt_it_names_the_command(path: Path) -> None:
    write_script(path / "apt-get", "")
    assert "apt-get install -y podman`, or Docker from" in refusal().fix
    assert "apt-get install -y buildah`, then" in refusal("buildah").fix


def test_the_daemon_does_not_run(path: Path) -> None:
    write_script(path / "docker", "echo 'Client: 28'; echo 'Cannot connect. Is the daemon on?' >&2; exit 1")
    error = refusal()
    assert "docker does not reach its daemon (Cannot connect. Is the daemon on?)" in error.problem
    assert error.fix.startswith("start Docker's daemon")


def test_docker_without_buildx(path: Path) -> None:
    write_script(path / "docker", 'case "$*" in "version "*) echo 20.10.24 ;; *) exit 1 ;; esac')
    error = refusal()
    assert "docker has no buildx" in error.problem
    assert "docker-buildx-plugin" in error.fix


@pytest.mark.parametrize(
    ("name", "says", "wanted"),
    [("podman", "podman version 3.4.4", "4.0"), ("buildah", "buildah version 1.23.1 (image-spec 1)", "1.24")],
)
def test_too_old(path: Path, name: str, says: str, wanted: str) -> None:
    write_script(path / name, f"echo '{says}'")
    error = refusal()
    assert f"{name} {says.split()[2]} is too old for `RUN --mount`" in error.problem
    assert f"install {name} {wanted} or newer" in error.fix


def test_podmans_machine_does_not_run(path: Path) -> None:
    write_script(
        path / "podman", "case $1 in --version) echo podman version 5.1.0 ;; *) echo no socket >&2; exit 125 ;; esac"
    )
    error = refusal()
    assert "podman is not ready (no socket)" in error.problem
    assert "`podman machine start`" in error.fix


def test_a_broken_builder(path: Path) -> None:
    write_script(path / "buildah", "echo lib missing >&2; exit 127")
    error = refusal("buildah")
    assert "buildah is broken (lib missing)" in error.problem
    assert error.fix == "reinstall buildah"


def test_several_reasons_are_all_said(path: Path) -> None:
    write_script(path / "docker", "echo no daemon >&2; exit 1")
    write_script(path / "buildah", "echo buildah version 1.20.0")
    error = refusal()
    assert "(no daemon)" in error.problem
    assert "buildah 1.20.0 is too old" in error.problem
    assert "daemon" in error.fix
    assert "install buildah 1.24 or newer" in error.fix


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
