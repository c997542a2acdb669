"""Services of real processes behind the real load balancer."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from conducky.errors import UserError
from conducky.rehearsal.ecs import deployment, diagnosis
from conducky.rehearsal.ecs import resource as resource_module
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.ecs.task import Task
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import JWT_SECRET, SERVICE, DeployedService
from tests.conducky.rehearsal.ecs.echo_app import wait_until

pytestmark = pytest.mark.engine


def processes() -> list[int]:
    """The tasks that this test process started and that still run."""
    found: list[int] = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "server.js" in child.cmdline():
                found.append(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.fixture(autouse=True)
def no_process_is_left(deployed: DeployedService) -> Iterator[None]:
    assert processes() == []
    yield
    for service in deployed.client.stand_ins.services.running.values():
        service.stop()
    assert processes() == [], "tasks are left running"


@pytest.fixture
def impatient(deployed: DeployedService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that does not answer is given up soon."""
    monkeypatch.setattr(deployment, "STEADY_INTERVAL", 0.1)
    deployed.grace_seconds = 1.0


@pytest.fixture
def watched(deployed: DeployedService) -> Iterator[DeployedService]:
    """Its ended tasks are replaced."""
    watch = threading.Thread(target=deployed.client.stand_ins.services.watch)
    watch.start()
    yield deployed
    deployed.account.stopping.set()
    watch.join()


def update(deployed: DeployedService, service: Resource, task_definition: Resource, count: int = 1) -> Resource:
    return deployed.client.update(service, deployed.service(task_definition, count))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        call()
    return str(refused.value)


def pid(deployed: DeployedService) -> int:
    return int(deployed.get("/api/pid")[1])


# Starting


def test_a_service_answers_once_it_is_created(deployed: DeployedService) -> None:
    assert deployed.get("/api/version")[0] == 503

    deployed.deploy(deployed.version("1"))

    assert deployed.get("/api/version") == (200, "1")
    assert deployed.get("/elsewhere") == (503, "not deployed yet")


def test_a_service_gets_the_number_of_tasks_that_it_wants(deployed: DeployedService) -> None:
    deployed.deploy(deployed.version("1"), count=3)

    assert deployed.targets() == ["healthy"] * 3
    assert len({pid(deployed) for _ in range(6)}) == 3


def test_a_service_of_no_tasks_is_no_failure(deployed: DeployedService) -> None:
    deployed.deploy(deployed.version("1"), count=0)

    assert deployed.targets() == []


def test_a_service_without_a_load_balancer_just_runs(deployed: DeployedService) -> None:
    inputs = deployed.service(deployed.version("1"))
    del inputs["loadBalancers"]

    deployed.client.create(SERVICE, "worker", inputs)

    wait_until("its process runs", lambda: len(processes()) == 1)
    assert deployed.targets() == []


def test_a_wrong_health_path_is_named_with_its_answer(
    deployed: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "SETTLED", 0.2)
    deployed.client.update(deployed.target_group, {**deployed.target_group.inputs, "healthCheck": {"path": "/nothing"}})

    message = refusal(lambda: deployed.deploy(deployed.version("1")))

    assert message.startswith(
        "conducky-dev-backend: its new task never became healthy, and ECS has no release to go back to: "
    )
    assert "GET /nothing answered 404, expected 200" in message
    assert message.endswith("The last lines of its log:\nversion 1 starts")
    assert processes() == []
    assert deployed.targets() == []


@pytest.mark.usefixtures("impatient")
def test_a_wrong_container_port_is_named_as_the_container_knows_it(deployed: DeployedService) -> None:
    message = refusal(lambda: deployed.deploy(deployed.version("1", PORT="0")))

    assert "connection refused on port 4000" in message
    assert processes() == []


def test_a_process_that_ends_is_reported_with_its_code_and_its_log_but_no_secret(deployed: DeployedService) -> None:
    message = refusal(lambda: deployed.deploy(deployed.version("1", BREAK="no such table")))

    assert "it exited with code 3" in message
    assert "version 1 starts\ncannot start with [secret]: no such table" in message
    assert JWT_SECRET not in message


def test_an_error_before_the_last_lines_is_shown_with_what_to_do(deployed: DeployedService) -> None:
    long = "Error: listen EADDRINUSE" + "\n    at Server.listen (node:net:1:1)" * 20

    message = refusal(lambda: deployed.deploy(deployed.version("1", BREAK=f"no port\n{long}")))

    ended, _, last = message.partition("\nThe last lines of its log:\n")
    assert ended.endswith(
        "What to do: its port is in use: start one server only, on the port that PORT names.\n"
        "The first error of its log:\nError: listen EADDRINUSE"
    )
    assert last.splitlines() == ["    at Server.listen (node:net:1:1)"] * 15


def test_a_file_is_named_as_in_the_image(deployed: DeployedService) -> None:
    message = refusal(lambda: deployed.deploy(deployed.version("1", BREAK="/app/server.js:3")))

    assert "[secret]: /app/server.js:3" in message


def test_an_error_among_the_last_lines_is_not_repeated(deployed: DeployedService) -> None:
    message = refusal(lambda: deployed.deploy(deployed.version("1", BREAK="no\nError: no PORT in the environment")))

    assert message.count("Error: no PORT in the environment") == 1
    assert "What to do" not in message


def test_one_task_of_several_that_fails_ends_the_others(
    deployed: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started = Fargate.start, list[Task]()

    def second_is_broken(*arguments: object) -> Task:
        if started:
            raise UserError("there is no room for another")
        started.append(start(*arguments))  # pyright: ignore[reportArgumentType] # handed on as they came
        return started[0]

    monkeypatch.setattr(Fargate, "start", second_is_broken)

    assert "no room for another" in refusal(lambda: deployed.deploy(deployed.version("1"), count=2))
    assert processes() == []


@pytest.mark.parametrize("missing", ["task definition", "image"])
def test_what_the_service_names_has_to_exist(deployed: DeployedService, missing: str) -> None:
    task_definition = deployed.version("1")
    if missing == "image":
        deployed.stand_ins.images.built.clear()
    else:
        deployed.forget(task_definition)

    message = refusal(lambda: deployed.deploy(task_definition))

    file = {"image": "services/images.py", "task definition": "services/fargate_service.py"}[missing]
    assert f"the {missing} " in message
    assert file in message


def test_a_start_ends_at_once_when_the_rehearsal_does(deployed: DeployedService) -> None:
    threading.Timer(0.3, deployed.account.stopping.set).start()

    message = refusal(lambda: deployed.deploy(deployed.version("1", PORT="0")))

    assert message == "the rehearsal was stopped"
    assert processes() == []


# Releasing


def test_a_release_switches_to_the_new_tasks(deployed: DeployedService) -> None:
    service = deployed.deploy(deployed.version("1"))
    before = processes()

    update(deployed, service, deployed.version("2"))

    assert deployed.get("/api/version") == (200, "2")
    assert len(processes()) == 1
    assert processes() != before
    assert deployed.targets() == ["healthy"]


def test_every_request_during_a_release_is_answered(deployed: DeployedService) -> None:
    service, second = deployed.deploy(deployed.version("1"), count=2), deployed.version("2")
    released, answers = threading.Event(), list[tuple[int, str]]()

    def ask(path: str) -> None:
        while not released.is_set():
            answers.append(deployed.get(path))

    with ThreadPoolExecutor() as pool:
        for path in ("/api/slow", "/api/slow", "/api/version"):
            pool.submit(ask, path)
        wait_until("the first version answers", lambda: (200, "1") in answers)
        update(deployed, service, second, count=2)
        released.set()

    assert set(answers) <= {(200, "1"), (200, "2")}
    assert deployed.get("/api/version") == (200, "2")


@pytest.mark.parametrize("broken", [{"PORT": "0"}, {"BREAK": "a bug"}])
def test_after_a_failed_release_the_old_task_keeps_serving_and_the_next_release_works(
    deployed: DeployedService, broken: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = deployed.deploy(deployed.version("1"))
    before = processes()

    with monkeypatch.context() as impatient:
        impatient.setattr(deployed, "grace_seconds", 1.0)
        refusal(lambda: update(deployed, service, deployed.version("2", **broken)))

    assert processes() == before
    assert deployed.get("/api/version") == (200, "1")
    assert deployed.targets() == ["healthy"]
    update(deployed, service, deployed.version("3"))
    assert deployed.get("/api/version") == (200, "3")


def test_after_a_release_that_could_not_even_begin_the_old_task_is_still_the_one_to_replace(
    watched: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, start = watched.deploy(watched.version("1")), Fargate.start

    def broken(*_arguments: object) -> Task:
        raise UserError("Node.js is gone")

    monkeypatch.setattr(Fargate, "start", broken)
    assert "Node.js is gone" in refusal(lambda: update(watched, service, watched.version("2")))
    monkeypatch.setattr(Fargate, "start", start)
    os.kill(pid(watched), signal.SIGKILL)

    wait_until("the old version is back", lambda: watched.get("/api/version") == (200, "1"))


def test_a_change_that_needs_no_new_task_starts_none(deployed: DeployedService) -> None:
    task_definition = deployed.version("1")
    service = deployed.deploy(task_definition)
    before = processes()

    deployed.client.update(service, {**deployed.service(task_definition), "enableExecuteCommand": False})

    assert processes() == before


def test_another_capacity_provider_is_a_release(deployed: DeployedService) -> None:
    task_definition = deployed.version("1")
    service = deployed.deploy(task_definition)
    before = processes()
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]

    deployed.client.update(service, {**deployed.service(task_definition), "capacityProviderStrategies": spot})

    assert processes() != before


# Scaling, replacing, ending


def test_more_tasks_join_and_fewer_leave(deployed: DeployedService) -> None:
    task_definition = deployed.version("1")
    service = deployed.deploy(task_definition)
    first = processes()

    service = update(deployed, service, task_definition, count=3)
    assert deployed.targets() == ["healthy"] * 3
    assert set(first) < set(processes())

    update(deployed, service, task_definition, count=1)
    assert deployed.targets() == ["healthy"]
    assert processes() == first


def test_a_killed_task_is_replaced(watched: DeployedService) -> None:
    watched.deploy(watched.version("1"))
    killed = pid(watched)

    os.kill(killed, signal.SIGKILL)

    wait_until("another task answers", lambda: watched.get("/api/version") == (200, "1") and pid(watched) != killed)
    assert len(processes()) == 1
    assert watched.targets() == ["healthy"]


def test_a_task_that_cannot_be_replaced_at_first_is_replaced_when_it_can(
    watched: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_module, "_RETRY_AFTER", 0.1)
    watched.deploy(watched.version("1"))
    start, failed = Fargate.start, threading.Event()

    def broken(*_arguments: object) -> Task:
        failed.set()
        raise UserError("there is no memory")

    monkeypatch.setattr(Fargate, "start", broken)
    os.kill(pid(watched), signal.SIGKILL)
    wait_until("a task could not be started", failed.is_set)
    monkeypatch.setattr(Fargate, "start", start)

    wait_until("the service answers again", lambda: watched.get("/api/version") == (200, "1"))


def test_a_service_whose_tasks_all_run_needs_its_task_definition_no_more(deployed: DeployedService) -> None:
    task_definition = deployed.version("1")
    deployed.deploy(task_definition)
    deployed.forget(task_definition)

    for service in deployed.client.stand_ins.services.running.values():
        service.replace_ended()

    assert deployed.get("/api/version") == (200, "1")


def test_nothing_runs_after_a_service_is_deleted(watched: DeployedService) -> None:
    service = watched.deploy(watched.version("1"), count=2)

    watched.client.delete(service)

    assert processes() == []
    assert watched.targets() == []
    assert watched.get("/api/version")[0] == 503


def test_a_service_that_is_scaled_to_nothing_stays_there(watched: DeployedService) -> None:
    task_definition = watched.version("1")
    service = watched.deploy(task_definition)

    update(watched, service, task_definition, count=0)

    watched.account.stopping.wait(0.7)  # the watch looks every half second
    assert processes() == []


def test_nothing_runs_after_a_service_whose_target_group_went_first_is_deleted(deployed: DeployedService) -> None:
    service = deployed.deploy(deployed.version("1"))
    deployed.load_balancers.server.remove_target_group(deployed.target_group["arn"])

    deployed.client.delete(service)

    assert processes() == []


def test_a_task_that_does_not_want_to_end_is_killed_after_its_time(deployed: DeployedService) -> None:
    container = {**deployed.container(deployed.image(VERSION="1"), IGNORE_SIGTERM="yes"), "stopTimeout": 0.5}
    service = deployed.deploy(deployed.register(container))

    deployed.client.delete(service)

    assert processes() == []


def test_a_task_gets_the_variables_of_its_task_definition_and_no_others(
    deployed: DeployedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the person's own")

    deployed.deploy(deployed.version("1", GREETING="hello"))
    variables = json.loads(deployed.get("/api/environment")[1])

    assert set(variables) == {
        *("VERSION", "GREETING", "PORT", "HOSTNAME", "JWT_SECRET", "DATABASE_URL"),
        *("PATH", "HOME", "NODE_OPTIONS", "TMPDIR"),
    }
    assert variables["JWT_SECRET"] == JWT_SECRET
    assert variables["GREETING"] == "hello"
