"""How often a task is started again, and what ends it."""

import contextlib
import re
import time
from collections.abc import Iterator

import psutil
import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.ecs import deployment, memory
from conducky.rehearsal.ecs.deployment import failure_threshold
from conducky.rehearsal.ecs.diagnosis import Diagnosis, listening
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.ecs.task import Task
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService
from tests.conducky.rehearsal.ecs.echo_app import CONTAINER_PORT
from tests.fakes.web_server import Answer, serve

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def stops(deployed: DeployedService) -> Iterator[None]:
    yield
    for service in deployed.stand_ins.services.running.values():
        service.stop()


@pytest.mark.parametrize(("desired", "failures"), [(1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (5000, 200)])
def test_the_circuit_breaker_allows_half_the_tasks_to_fail_within_its_limits(desired: int, failures: int) -> None:
    assert failure_threshold(desired) == failures


def test_a_task_that_exits_is_started_again_until_the_circuit_breaker_ends_it(deployed: DeployedService) -> None:
    with pytest.raises(RefusedError, match="exited with code 3, and 3 tasks failed"):
        deployed.deploy(deployed.version("1", BREAK="a bug"))

    logs = list((deployed.account.folder.path / "logs").glob("backend-*.log"))
    assert sum("a bug" in log.read_text() for log in logs) >= 3


def test_another_program_on_its_port_does_not_answer_for_a_task(
    deployed: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Fargate.start
    with contextlib.ExitStack() as others:

        def taken(fargate: Fargate, definition: Properties, container: Properties) -> Task:
            task = start(fargate, definition, container)
            others.enter_context(serve(lambda _: Answer("ok"), task.ports[CONTAINER_PORT]))
            return task

        monkeypatch.setattr(Fargate, "start", taken)
        slow = ["node", "-e", "setTimeout(() => process.exit(3), 500)"]
        container = {**deployed.container(deployed.image()), "entryPoint": slow, "command": []}

        with pytest.raises(RefusedError, match="exited with code 3, and 3 tasks failed"):
            deployed.deploy(deployed.register(container))


def test_a_server_that_its_parent_has_left_is_believed_after_a_while(
    deployed: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment, "SETTLED", 0.2)
    server = SERVES.replace("ARGUMENTS", "process.env.PORT")
    leaves = f"(node -e '{server}' &) ; exec sleep 60"
    container = {**deployed.container(deployed.image()), "entryPoint": ["/bin/sh", "-c", leaves], "command": []}

    deployed.deploy(deployed.register(container))

    assert deployed.get("/api/version") == (200, "ok")


def test_a_task_that_ends_while_it_is_examined_counts_too(
    deployed: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hopeless(diagnosis: Diagnosis) -> None:
        while psutil.pid_exists(diagnosis.pid) and psutil.Process(diagnosis.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)

    monkeypatch.setattr(Diagnosis, "hopeless", hopeless)
    logs = deployed.account.folder.path / "logs"
    before = {*logs.glob("backend-*.log")}

    with pytest.raises(RefusedError, match="3 tasks failed"):
        deployed.deploy(deployed.version("1", BREAK="a bug"))

    assert len({*logs.glob("backend-*.log")} - before) == 3


def test_a_task_that_exits_once_costs_no_release(deployed: DeployedService, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does that could not get a lock in time."""
    start, starts = Fargate.start, list[Task]()

    def first_exits(fargate: Fargate, definition: Properties, container: Properties) -> Task:
        entry = {} if starts else {"entryPoint": ["/bin/false"], "command": []}
        starts.append(start(fargate, definition, {**container, **entry}))
        return starts[-1]

    monkeypatch.setattr(Fargate, "start", first_exits)
    deployed.deploy(deployed.version("1"))

    assert deployed.get("/api/version") == (200, "1")
    assert len(starts) == 2


def test_a_task_over_its_memory_is_killed_as_ecs_reports_it(
    deployed: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_INTERVAL", 0.0)
    hungry = "const held = []; setInterval(() => held.push(Buffer.alloc(64 << 20, 1)), 20)"
    container = {**deployed.container(deployed.image()), "entryPoint": ["node", "-e", hungry], "command": []}

    with pytest.raises(RefusedError) as failed:
        deployed.deploy(deployed.register(container))

    assert re.search(r"code 137 \(OutOfMemoryError: .*\): it used \d{3,} of its 512 MiB", str(failed.value))


def test_a_service_waits_for_its_own_grace(deployed: DeployedService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conducky.rehearsal.ecs.deployment.STEADY_INTERVAL", 0.1)
    deployed.grace_seconds = 0.5

    with pytest.raises(RefusedError, match=r"not healthy after 0.7 s.*its grace"):
        deployed.deploy(deployed.version("1", PORT="0"))


SERVES = 'require("node:http").createServer((_, response) => response.end("ok")).listen(ARGUMENTS)'


@pytest.mark.parametrize("asked", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
@pytest.mark.parametrize("by", ["HOST", "the code"])
def test_a_server_on_loopback_only_is_refused_although_it_answers_here(
    deployed: DeployedService, asked: str, by: str
) -> None:
    """A load balancer cannot reach it on Fargate, whether its environment or its code says so."""
    if by == "HOST":
        definition = deployed.version("1", HOST=asked)
    else:
        definition = serving(deployed, f"{{ port: process.env.PORT, host: {asked!r} }}")
    with pytest.raises(RefusedError) as failed:
        deployed.deploy(definition)
    for word in (
        "listens on loopback only",
        f"port {CONTAINER_PORT}",
        "listen on 0.0.0.0",
        "`variables` in the settings",
    ):
        assert word in str(failed.value)


def serving(deployed: DeployedService, arguments: str, script: str = SERVES) -> Resource:
    """A task whose Node.js listens by these arguments."""
    container = deployed.container(deployed.image())
    command = ["node", "-e", script.replace("ARGUMENTS", arguments)]
    return deployed.register({**container, "entryPoint": command, "command": []})


@pytest.mark.parametrize(
    "arguments",
    [
        "process.env.PORT",
        "Number(process.env.PORT), '0.0.0.0'",
        "process.env.PORT, '::', 511, () => {}",
        "process.env.PORT, undefined, () => {}",
        "process.env.PORT, () => {}",
        "process.env.PORT, require('node:os').hostname()",
        "{ port: process.env.PORT }",
        "{ port: Number(process.env.PORT), host: '0.0.0.0' }, () => {}",
    ],
)
def test_a_server_on_every_address_is_reached_and_not_by_other_computers(
    deployed: DeployedService, arguments: str
) -> None:
    deployed.deploy(serving(deployed, arguments))

    assert deployed.get("/api/version") == (200, "ok")
    (task,) = next(iter(deployed.stand_ins.services.running.values())).tasks
    assert listening(task.process.pid) == {("127.0.0.1", task.ports[CONTAINER_PORT])}


def test_a_worker_of_a_cluster_is_reached_too(deployed: DeployedService) -> None:
    worker = f'const c = require("node:cluster"); if (c.isPrimary) c.fork(); else {SERVES}'
    deployed.deploy(serving(deployed, "process.env.PORT", worker))

    assert deployed.get("/api/version") == (200, "ok")


def test_a_server_sees_the_address_that_it_asked_for(deployed: DeployedService) -> None:
    """Frameworks make URLs of it, which are those of Fargate then."""
    tells = (
        'const s = require("node:http").createServer((_, r) => r.end(`${s.address().address} ${s.address().port}`));'
        "s.listen(ARGUMENTS)"
    )
    deployed.deploy(serving(deployed, "process.env.PORT, process.env.HOSTNAME", tells))

    (task,) = next(iter(deployed.stand_ins.services.running.values())).tasks
    assert deployed.get("/api/version") == (200, f"0.0.0.0 {task.ports[CONTAINER_PORT]}")
