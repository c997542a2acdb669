"""Real images, built and run by a real Podman."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import httpx
import psutil
import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Account, Request
from conducky.rehearsal.containers import BaseImageError, ContainerEngine
from conducky.rehearsal.ecs.container_task import Containers, ContainerTask
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.images import Images
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from conducky.rehearsal.processes.containers_left import LABEL
from conducky.repository import ROOT
from tests.conducky.rehearsal.containers.podman_image import BASE, create_base_image

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("podman"),
]

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/conducky-dev-backend"
ADDRESS = "conducky-dev-database.abcdefghijkl.us-east-1.rds.amazonaws.com"
SECRET = "fake secret,\nof two lines"
PODMAN = ContainerEngine("podman")

Start = Callable[..., ContainerTask]


@pytest.fixture(scope="module", autouse=True)
def base_image() -> None:
    create_base_image()


@pytest.fixture
def source(account: Account) -> Path:
    """The backend's folder, with a server that shows what it has."""
    (account.root / "services").mkdir(parents=True)
    folder = account.root / "backend"
    folder.mkdir()
    (folder / "server.js").write_text((Path(__file__).parent / "server.js").read_text())
    (folder / "Dockerfile").write_text(
        f"FROM {BASE} AS run\nARG FLAVOUR\nENV FLAVOUR=$FLAVOUR\nWORKDIR /app\nCOPY server.js .\n"
        'CMD ["node", "server.js"]\n'
    )
    return folder


@pytest.fixture
def fargate(account: Account, source: Path) -> Fargate:
    account.remember("aws:ecr/repository:Repository", "backend", {"repositoryUrl": REPOSITORY})
    images, databases, balancers = Images(account, PODMAN), Databases(account), LoadBalancers(account, 18080)
    return Fargate(account, images, databases, balancers, Containers(account, PODMAN, databases, balancers))


def build(fargate: Fargate, **inputs: object) -> str:
    """The image's reference, by digest."""
    wanted: Properties = {
        "context": {"location": "../backend"},
        "buildArgs": {"FLAVOUR": "plain"},
        "tags": [f"{REPOSITORY}:build-1"],
        **inputs,
    }
    urn = "urn:pulumi:dev::conducky-services::docker-build:index:Image::backend"
    made = fargate.images.build(Request("docker-build:index:Image", urn, "backend", wanted, {}))
    return f"{REPOSITORY}@{made['digest']}"


@pytest.fixture
def start(fargate: Fargate) -> Iterator[Start]:
    started: list[ContainerTask] = []

    def begin(**properties: object) -> ContainerTask:
        container: Properties = {
            "name": "backend",
            "image": build(fargate),
            "user": "1000:1000",
            "portMappings": [{"containerPort": 4000}],
            **properties,
        }
        port = container["portMappings"][0]["containerPort"]
        variables = [{"name": "PORT", "value": str(port)}, *container.get("environment", [])]
        definition = {"arn": "arn:aws:ecs:::task-definition/backend:7", "memory": "256", "cpu": "256"}
        task = fargate.start(definition, {**container, "environment": variables})
        assert isinstance(task, ContainerTask)
        started.append(task)
        return task

    yield begin
    for task in started:
        task.stop()
    assert fargate.containers
    fargate.containers.network.close()
    assert PODMAN.ask("ps", "--all", "--quiet", "--filter", f"label={fargate.containers.network.label}") == ""
    PODMAN.tell("network", "rm", fargate.containers.network.name)


def asked(task: ContainerTask, path: str = "/") -> dict[str, object]:
    """What its server answers, as soon as it does."""
    deadline = time.monotonic() + 30
    while True:
        try:
            (port,) = task.ports.values()
            return json.loads(httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).text)
        except (httpx.HTTPError, ValueError):
            if time.monotonic() > deadline or task.ended():
                raise AssertionError(task.process.tail()) from None
            time.sleep(0.1)


def variables(**values: str) -> list[Properties]:
    return [{"name": name, "value": value} for name, value in values.items()]


def eventually(value: Callable[[], object], wanted: object) -> None:
    deadline = time.monotonic() + 30
    while value() != wanted:
        assert time.monotonic() < deadline, value()
        time.sleep(0.1)


def test_its_own_health_check_runs_in_the_container(start: Start) -> None:
    url = "'http://127.0.0.1:' + process.env.PORT"
    script = f"fetch({url}).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"
    well = start(healthCheck={"command": ["CMD", "node", "-e", script]})
    assert well.problem(), "not before it was checked"
    eventually(well.problem, None)

    ill = start(healthCheck={"command": ["CMD", "node", "-e", "process.exit(3)"], "retries": 1, "timeout": 20})
    eventually(ill.unhealthy, "its health check exited with code 3")
    assert ill.ended() is None


def test_a_low_port_is_open_to_its_user_where_the_task_definition_says_so(start: Start) -> None:
    """As on ECS, which leaves ports below 1024 to root: https://github.com/aws/containers-roadmap/issues/1721."""
    low: Properties = {"portMappings": [{"containerPort": 80}]}
    refused = start(**low)
    eventually(refused.ended, "it exited with code 1")
    assert "code: 'EACCES'" in refused.process.tail()
    opened = start(**low, systemControls=[{"namespace": "net.ipv4.ip_unprivileged_port_start", "value": "0"}])
    assert asked(opened)["uid"] == 1000


def test_the_image_is_built_once_from_the_real_dockerfile(fargate: Fargate) -> None:
    lines: list[str] = []
    fargate.account.progress = lines.append
    mark = f"once-{os.getpid()}"
    first, second = (build(fargate, buildArgs={"FLAVOUR": mark}) for _ in range(2))
    assert first == second
    assert lines == ["podman builds backend/Dockerfile"]
    assert [*fargate.images.in_engine] == [first.partition("@")[2]]
    assert fargate.images.built == {}
    assert build(fargate, target="run", buildArgs={"FLAVOUR": mark}) != first


def test_it_gets_its_task_definitions_environment_user_and_limits(account: Account, start: Start) -> None:
    name = "aws:ssm/parameter:Parameter"
    account.remember(
        name, "1", {"name": "/x", "arn": "arn:aws:ssm:::parameter/x", "value": SECRET, "type": "SecureString"}
    )
    task = start(
        environment=variables(GREETING="hello", PATH="/usr/bin:/elsewhere"),
        secrets=[{"name": "API_KEY", "valueFrom": "arn:aws:ssm:::parameter/x"}],
    )
    seen = asked(task)
    environment = seen["environment"]
    assert isinstance(environment, dict)
    environment = cast("dict[str, str]", environment)
    assert environment.items() >= {"GREETING": "hello", "API_KEY": SECRET, "PORT": "4000", "FLAVOUR": "plain"}.items()
    assert environment["PATH"] == "/usr/bin:/elsewhere"
    mine = {"GREETING", "API_KEY", "PORT", "FLAVOUR", "PATH", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"}
    assert set(environment) <= mine | {"HOSTNAME", "HOME", "TERM", "container", "PWD", "SHLVL", "_"}
    assert (seen["uid"], seen["gid"]) == (1000, 1000)
    assert seen["memory"] == 256 * 1024 * 1024
    shown = "".join(" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    assert "fake secret" not in shown


def test_its_port_is_on_loopback_only(start: Start) -> None:
    task = start()
    asked(task)
    addresses = [each.address for card in psutil.net_if_addrs().values() for each in card]
    own = next(each for each in addresses if re.fullmatch(r"[\d.]+", each) and not each.startswith("127."))
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex((own, task.ports[4000])) != 0


def test_it_reaches_postgres_by_its_rds_name_over_verified_tls(fargate: Fargate, start: Start) -> None:
    databases = fargate.databases
    inputs = {"engine": "postgres", "engineVersion": "15", "identifier": "database", "dbName": "app"}
    inputs |= {"username": "app", "password": "fake-password-of-the-test"}
    token = "aws:rds/instance:Instance"
    urn = f"urn:pulumi:dev::conducky-platform::{token}::database"
    databases.create(Request(token, urn, "database", inputs, {"address": ADDRESS}))
    task = start(environment=variables(DATABASE_URL=f"postgresql://app:x@{ADDRESS}:5432/app?sslmode=verify-full"))
    port = databases.servers[ADDRESS].port
    assert asked(task, "/database") == {"host": f"{ADDRESS}:{port}", "authorized": True}


def test_too_much_memory_ends_it_as_on_fargate(start: Start) -> None:
    task = start(command=["node", "-e", "const a = []; for (;;) a.push(Buffer.alloc(16 << 20, 1));"])
    task.process.wait(60)
    assert "OutOfMemoryError" in str(task.ended())
    assert "256 MiB" in str(task.ended())


def test_one_that_ignores_sigterm_is_killed_after_its_time(start: Start) -> None:
    task = start(environment=variables(IGNORE="SIGTERM"), stopTimeout=1)
    asked(task)
    task.stop()
    assert "got SIGTERM" in task.process.tail()
    assert task.overdue
    assert not PODMAN.tell("container", "exists", task.name)


def test_a_command_runs_in_the_running_container(fargate: Fargate, start: Start) -> None:
    task = start(environment=variables(GREETING="hello"))
    asked(task)
    container: Properties = {"name": "backend", "image": build(fargate)}
    assert fargate.execute(container, ["node", "-p", "process.env.GREETING"]).strip() == "hello"


def test_a_base_image_that_cannot_be_fetched_is_said_and_built_on_the_host(fargate: Fargate, source: Path) -> None:
    lines: list[str] = []
    fargate.account.progress = lines.append
    text = (source / "Dockerfile").read_text()
    (source / "Dockerfile").write_text(text.replace(BASE, "registry.invalid/library/node:24"))
    fargate.images.insisted = True
    with pytest.raises(BaseImageError, match=r"cannot fetch an image that backend/Dockerfile begins with"):
        build(fargate)
    (source / "Dockerfile").write_text(text.replace(BASE, "docker.io/library/node:0.0.0-no-such-version"))
    fargate.images.insisted = False
    assert fargate.find_image(build(fargate)).command == ("node", "server.js")
    assert fargate.images.in_engine == {}
    assert any("on the host instead" in line for line in lines)


_KILLED = """
import sys, time, os
from pathlib import Path
from conducky.rehearsal.containers import ContainerEngine, TaskNetwork
from conducky.rehearsal.processes.containers_left import record_engine
from conducky.rehearsal.processes.run_folder import RunFolder
folder = RunFolder.create()
network = TaskNetwork(ContainerEngine("podman"), folder.path.name, record_engine(folder.path, "podman"))
words = ["podman", "run", "--name", folder.path.name, "--label", network.label, "--volume", "/data", *network.options()]
words += ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096", sys.argv[1], "sleep", "600"]
folder.start("task", words, env=dict(os.environ), cwd=folder.path)
while "Up" not in os.popen(f"podman ps --format '{{{{.Status}}}}' --filter label={network.label}").read():
    time.sleep(0.2)
print(folder.path.name, flush=True)
time.sleep(600)
"""


def test_nothing_is_left_after_the_rehearsal_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, BASE], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as rehearsal:
        assert rehearsal.stdout
        name = rehearsal.stdout.readline().strip()
        assert re.fullmatch(r"conducky-rehearsal-\S+", name)
        rehearsal.send_signal(signal.SIGKILL)
    chosen = ("--quiet", "--filter", f"label={LABEL}={name}")
    deadline = time.monotonic() + 60
    while left := [PODMAN.ask("ps", "--all", *chosen), PODMAN.ask("network", "ls", *chosen)]:
        if not any(left):
            break
        assert time.monotonic() < deadline, left
        time.sleep(0.5)
    assert name not in PODMAN.ask("volume", "ls")
