"""Docker's and Podman's commands, held by fakes that record them, and what is said where neither answers."""

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.containers import (
    BaseImageError,
    ContainerEngine,
    ContainerRun,
    TaskNetwork,
    find_engine,
)
from conducky.rehearsal.containers.engine import EngineName, client_environment
from conducky.rehearsal.containers.run import translate_for_container, with_local_urls
from conducky.rehearsal.processes.containers_left import LABEL, record_engine, remove_containers
from tests.fakes.script import write_script

DATABASE = "db.abc.us-east-1.rds.amazonaws.com"
BALANCER = "alb-1.us-east-1.elb.amazonaws.com"

Fake = Callable[..., Path]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Puts a fake `docker` or `podman` on PATH that notes its words, and answers those that contain a key."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def which(name: str, path: str = str(folder)) -> str | None:
        # The engines of this computer are beside what the fakes use
        found = (Path(each) / name for each in path.split(os.pathsep) if each not in ("/usr/bin", "/bin"))
        return next((str(file) for file in found if file.exists()), None)

    monkeypatch.setattr("conducky.rehearsal.containers.engine.shutil.which", which)

    def create(name: str, answers: dict[str, str] | None = None, code: int = 0) -> Path:
        notes = tmp_path / f"{name}.calls"
        cases = "".join(f"  *'{key}'*) printf '%s\\n' '{text}';;\n" for key, text in (answers or {}).items())
        write_script(folder / name, f'echo "$*" >> \'{notes}\'\ncase "$*" in\n{cases}  *) ;;\nesac\nexit {code}')
        return notes

    return create


def run_of(**different: object) -> ContainerRun:
    values: dict[str, object] = {
        "name": "conducky-rehearsal-x-backend-1",
        "application": "backend",
        "label": f"{LABEL}=x",
        "image": "localhost/conducky-rehearsal-backend:1",
        "network": ["--network", "x"],
        "variables": {"API_KEY": "hunter2\nand more", "PORT": "4000"},
        "ports": {4000: 39999},
        "hosts": {DATABASE: "10.89.0.1"},
        "mounts": {"/run/conducky/ca.pem": Path("/ca.pem")},
        "user": "1000:1000",
        "memory": 512,
        "cpu": 256,
    }
    return ContainerRun(**{**values, **different})  # pyright: ignore[reportArgumentType]


def test_docker_runs_exactly_this() -> None:
    assert run_of(command=["node", "x.js"]).command_line(ContainerEngine("docker")) == [
        *("docker", "run", "--name", "conducky-rehearsal-x-backend-1", "--label", f"{LABEL}=x"),
        *("--label", "org.conducky.application=backend", "--init", "--pull=never", "--network", "x"),
        *("--stop-timeout", "30", "--memory", "512m", "--memory-swap", "512m", "--cpu-shares", "256"),
        *("--user", "1000:1000", "--publish", "127.0.0.1:39999:4000", "--add-host", f"{DATABASE}:10.89.0.1"),
        *("--volume", "/ca.pem:/run/conducky/ca.pem:ro,z", "--env", "API_KEY", "--env", "PORT"),
        *("localhost/conducky-rehearsal-backend:1", "node", "x.js"),
    ]


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_no_value_is_on_the_command_line_and_each_is_in_its_environment(name: EngineName) -> None:
    run = run_of()
    assert "hunter2" not in " ".join(run.command_line(ContainerEngine(name)))
    assert run.environment()["API_KEY"] == "hunter2\nand more"


def test_a_variable_that_the_engine_itself_reads_stays_the_engines() -> None:
    run = run_of(variables={"PATH": "/app/bin"})
    assert "PATH=/app/bin" in run.command_line(ContainerEngine("docker"))
    assert run.environment()["PATH"] == client_environment()["PATH"]


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_a_parameter_of_the_kernel_is_the_containers_own(name: EngineName) -> None:
    words = run_of(kernel={"net.ipv4.ip_unprivileged_port_start": "0"}).command_line(ContainerEngine(name))
    assert words[words.index("--sysctl") + 1] == "net.ipv4.ip_unprivileged_port_start=0"


def test_an_entry_point_of_several_words_reaches_both_engines() -> None:
    run = run_of(entry_point=["/bin/sh", "-c", "exec"], command=["node"])
    docker, podman = (run.command_line(ContainerEngine(name)) for name in ("docker", "podman"))
    assert docker[-5:] == ["/bin/sh", "localhost/conducky-rehearsal-backend:1", "-c", "exec", "node"]
    assert json.loads(podman[podman.index("--entrypoint") + 1]) == ["/bin/sh", "-c", "exec"]
    assert podman[-2:] == ["localhost/conducky-rehearsal-backend:1", "node"]


def test_docker_builds_exactly_this() -> None:
    command = ContainerEngine("docker").build_command(
        Path("/c"), Path("/c/api/Dockerfile"), "x:1", build_args={"B": "2", "A": "1"}, target="run", label="l=1"
    )
    assert command == [
        *("docker", "buildx", "build", "--load", "--progress=plain", "--file", "/c/api/Dockerfile", "--tag", "x:1"),
        *("--target", "run", "--label", "l=1", "--build-arg", "A=1", "--build-arg", "B=2", "/c"),
    ]


@pytest.fixture
def init_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a Podman on Linux finds what `--init` starts."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("conducky.rehearsal.containers.engine.INIT_FOLDERS", (str(tmp_path / "none"), str(tmp_path)))
    write_script(tmp_path / "catatonit", "")
    return tmp_path


def test_podman_without_an_init_program_starts_no_container(fake: Fake, init_folder: Path) -> None:
    """Debian only recommends the package: https://packages.debian.org/bookworm/podman."""
    fake("podman", {"info": "false"})
    (init_folder / "catatonit").unlink()
    assert find_engine("auto") is None
    with pytest.raises(UserError, match="podman has no catatonit") as caught:
        find_engine("containers")
    assert "make container-engine" in caught.value.fix
    fake("catatonit")
    assert find_engine("auto") == ContainerEngine("podman")


def test_the_first_engine_that_answers_is_used(fake: Fake, init_folder: Path) -> None:
    fake("podman", {"info": "false"})
    assert find_engine("auto") == ContainerEngine("podman")
    fake("docker", {"version": "27.0"})
    assert find_engine("auto") == ContainerEngine("docker")
    assert find_engine("host") is None


def test_an_engine_that_does_not_answer_leaves_the_host(fake: Fake) -> None:
    fake("docker", code=1)
    assert find_engine("auto") is None
    with pytest.raises(UserError, match=r"docker does not reach its daemon.*podman is not installed") as caught:
        find_engine("containers")
    assert "make container-engine" in caught.value.fix


@pytest.mark.parametrize(
    ("output", "kind", "words"),
    [
        ("Error: initializing source docker://node:24: pinging container registry", BaseImageError, "cannot fetch"),
        ("ERROR: failed to resolve source metadata for docker.io/library/node:24", BaseImageError, "cannot fetch"),
        ("STEP 3\nwrite /x: no space left on device", UserError, "the disk is full"),
        ("npm error ENOTFOUND registry.npmjs.org", UserError, "cannot be built: npm error ENOTFOUND"),
        ("", UserError, "it printed nothing"),
    ],
)
def test_a_failed_build_says_why(output: str, kind: type[UserError], words: str) -> None:
    failure = ContainerEngine("docker").build_failure(output, "backend/Dockerfile", Path("/log"))
    assert type(failure) is kind or issubclass(type(failure), kind)
    assert isinstance(failure, BaseImageError) == (kind is BaseImageError)
    assert words in failure.problem


def test_a_command_that_fails_is_one_line(fake: Fake) -> None:
    fake("docker", code=1)
    with pytest.raises(UserError, match=r"`docker network create` failed"):
        ContainerEngine("docker").create_network("x", "l=1")


def test_only_the_table_changes_variables() -> None:
    given = {
        "DATABASE_URL": f"postgresql://u:p@{DATABASE}:5432/app?sslmode=verify-full",
        "API_URL": f"http://{BALANCER}",
        "FRONTEND_BASE_URL": "https://app.example.com",
        "PORT": "4000",
        "HOSTNAME": "::",
        "WORKS": "/app/data:5432",
    }
    found = translate_for_container(given, {DATABASE: 40001}, {BALANCER: "http://localhost:8080"})
    changed = {name: value for name, value in found.items() if given.get(name) != value}
    assert changed == {
        "DATABASE_URL": f"postgresql://u:p@{DATABASE}:40001/app?sslmode=verify-full",
        "API_URL": "http://localhost:8080",
        "FRONTEND_BASE_URL": "http://localhost:8080",
        "NODE_EXTRA_CA_CERTS": "/run/conducky/ca.pem",
        "SSL_CERT_FILE": "/run/conducky/all.pem",
    }


def test_what_a_killed_rehearsal_left_is_removed_by_its_label(fake: Fake, tmp_path: Path) -> None:
    calls = fake("docker", {"ps --all": "c1\nc2", "volume ls": "v1", "network ls": "n1"})
    folder = tmp_path / "conducky-rehearsal-x"
    folder.mkdir()
    remove_containers(folder)
    assert not calls.exists(), "a rehearsal on the host has nothing in an engine"
    assert record_engine(folder, "docker") == f"{LABEL}=conducky-rehearsal-x"
    remove_containers(folder)
    said = calls.read_text().splitlines()
    assert [line for line in said if "ls" not in line.split() and "ps" not in line.split()] == [
        "rm --force --volumes c1 c2",
        "volume rm --force v1",
        "network rm n1",
    ]
    assert all(f"label={LABEL}=conducky-rehearsal-x" in line for line in said if "--filter" in line)


def test_a_relay_carries_both_ways_and_ends(fake: Fake) -> None:
    """The gateway is an address of its own; here another loopback address stands for it."""
    fake("docker", {"network inspect": "127.0.0.2"})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def echo() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(connection.recv(100).upper())
                connection.recv(1)  # Until the other side ends it

        threading.Thread(target=echo, daemon=True).start()
        network = TaskNetwork(ContainerEngine("docker"), "x", "l=1")
        assert network.options() == ["--network", "x"]
        assert network.host(port) == "127.0.0.2"
        with socket.create_connection(("127.0.0.2", port), timeout=5) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"HELLO"
            network.close()
            assert client.recv(100) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_a_port_that_is_taken_is_one_line(fake: Fake) -> None:
    fake("docker", {"network inspect": "127.0.0.2"})
    network = TaskNetwork(ContainerEngine("docker"), "x", "l=1")
    network.options()
    with socket.create_server(("127.0.0.2", 0)) as taken, pytest.raises(UserError, match="cannot be listened on"):
        network.host(taken.getsockname()[1])


def test_podman_without_root_uses_its_own_way_to_this_computer() -> None:
    network = TaskNetwork(ContainerEngine("podman", rootless=True), "x", "l=1")
    assert network.options() == ["--network", "slirp4netns:allow_host_loopback=true"]
    assert network.host(5432) == "10.0.2.2"


def test_a_built_in_address_becomes_the_local_one() -> None:
    urls = {"x.elb.amazonaws.com": "http://localhost:8080"}
    assert with_local_urls("http://x.elb.amazonaws.com", urls) == "http://localhost:8080"
    assert with_local_urls("http://x.elb.amazonaws.com.example", urls) == "http://x.elb.amazonaws.com.example"
