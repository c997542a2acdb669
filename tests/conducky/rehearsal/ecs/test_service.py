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
from conducky.rehearsal.ecs import service as service_module
from conducky.rehearsal.ecs.task import Task
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import JWT_SECRET, SERVICE, World
from tests.conducky.rehearsal.ecs.echo_app import wait_until


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
def no_process_is_left(world: World) -> Iterator[None]:
    assert processes() == []
    yield
    for service in world.client.services.running.values():
        service.stop()
    assert processes() == [], "tasks are left running"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that does not answer is given up soon."""
    monkeypatch.setattr(service_module, "HEALTHY_WITHIN", 1.0)


@pytest.fixture
def watched(world: World) -> Iterator[World]:
    """A world whose ended tasks are replaced."""
    watch = threading.Thread(target=world.client.services.watch)
    watch.start()
    yield world
    world.machine.stopping.set()
    watch.join()


def update(world: World, service: Resource, task_definition: Resource, count: int = 1) -> Resource:
    return world.client.update(service, world.service(task_definition, count))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        call()
    return str(refused.value)


def pid(world: World) -> int:
    return int(world.get("/api/pid")[1])


# Starting


def test_a_service_answers_once_it_is_made(world: World) -> None:
    assert world.get("/api/version")[0] == 503

    world.deploy(world.version("1"))

    assert world.get("/api/version") == (200, "1")
    assert world.get("/elsewhere") == (503, "not deployed yet")


def test_a_service_gets_the_number_of_tasks_that_it_wants(world: World) -> None:
    world.deploy(world.version("1"), count=3)

    assert world.targets() == ["healthy"] * 3
    assert len({pid(world) for _ in range(6)}) == 3


def test_a_service_of_no_tasks_is_no_failure(world: World) -> None:
    world.deploy(world.version("1"), count=0)

    assert world.targets() == []


def test_a_service_without_a_load_balancer_just_runs(world: World) -> None:
    inputs = world.service(world.version("1"))
    del inputs["loadBalancers"]

    world.client.create(SERVICE, "worker", inputs)

    wait_until("its process runs", lambda: len(processes()) == 1)
    assert world.targets() == []


@pytest.mark.usefixtures("impatient")
def test_a_wrong_health_path_is_named_with_its_answer(world: World) -> None:
    world.client.update(world.target_group, {**world.target_group.inputs, "healthCheck": {"path": "/nothing"}})

    said = refusal(lambda: world.deploy(world.version("1")))

    assert said.startswith("conducky-dev-backend: its new task did not become healthy and was taken back: ")
    assert "GET /nothing answered 404, expected 200" in said
    assert said.endswith("The last lines of its log:\nversion 1 starts")
    assert processes() == []
    assert world.targets() == []


@pytest.mark.usefixtures("impatient")
def test_a_wrong_container_port_is_named_as_the_container_knows_it(world: World) -> None:
    said = refusal(lambda: world.deploy(world.version("1", PORT="0")))

    assert "connection refused on port 4000" in said
    assert processes() == []


def test_a_process_that_ends_is_told_with_its_code_and_its_log_but_no_secret(world: World) -> None:
    said = refusal(lambda: world.deploy(world.version("1", BREAK="no such table")))

    assert "it exited with code 3" in said
    assert "version 1 starts\ncannot start with [secret]: no such table" in said
    assert JWT_SECRET not in said


def test_one_task_of_several_that_fails_takes_the_others_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = Task.start, list[Task]()

    def second_is_broken(*arguments: object) -> Task:
        if started:
            raise UserError("there is no room for another")
        started.append(start(*arguments))  # pyright: ignore[reportArgumentType] # handed on as they came
        return started[0]

    monkeypatch.setattr(Task, "start", second_is_broken)

    assert "no room for another" in refusal(lambda: world.deploy(world.version("1"), count=2))
    assert processes() == []


@pytest.mark.parametrize("missing", ["task definition", "image"])
def test_what_the_service_names_has_to_exist(world: World, missing: str) -> None:
    task_definition = world.version("1")
    if missing == "image":
        world.machine.images.clear()
    else:
        world.forget(task_definition)

    said = refusal(lambda: world.deploy(task_definition))

    file = {"image": "services/images.py", "task definition": "services/fargate_service.py"}[missing]
    assert f"the {missing} " in said
    assert file in said


def test_a_start_ends_at_once_when_the_rehearsal_does(world: World) -> None:
    threading.Timer(0.3, world.machine.stopping.set).start()

    said = refusal(lambda: world.deploy(world.version("1", PORT="0")))

    assert said == "the rehearsal was stopped"
    assert processes() == []


# Releasing


def test_a_release_switches_to_the_new_tasks(world: World) -> None:
    service = world.deploy(world.version("1"))
    before = processes()

    update(world, service, world.version("2"))

    assert world.get("/api/version") == (200, "2")
    assert len(processes()) == 1
    assert processes() != before
    assert world.targets() == ["healthy"]


def test_every_request_during_a_release_is_answered(world: World) -> None:
    service, second = world.deploy(world.version("1"), count=2), world.version("2")
    released, answers = threading.Event(), list[tuple[int, str]]()

    def ask(path: str) -> None:
        while not released.is_set():
            answers.append(world.get(path))

    with ThreadPoolExecutor() as pool:
        for path in ("/api/slow", "/api/slow", "/api/version"):
            pool.submit(ask, path)
        wait_until("the first version answers", lambda: (200, "1") in answers)
        update(world, service, second, count=2)
        released.set()

    assert set(answers) <= {(200, "1"), (200, "2")}
    assert world.get("/api/version") == (200, "2")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("broken", [{"PORT": "0"}, {"BREAK": "a bug"}])
def test_after_a_failed_release_the_old_task_goes_on_and_the_next_release_works(
    world: World, broken: dict[str, str]
) -> None:
    service = world.deploy(world.version("1"))
    before = processes()

    refusal(lambda: update(world, service, world.version("2", **broken)))

    assert processes() == before
    assert world.get("/api/version") == (200, "1")
    assert world.targets() == ["healthy"]
    update(world, service, world.version("3"))
    assert world.get("/api/version") == (200, "3")


def test_after_a_release_that_could_not_even_begin_the_old_task_is_still_the_one_to_replace(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, start = watched.deploy(watched.version("1")), Task.start

    def broken(*_arguments: object) -> Task:
        raise UserError("Node.js is gone")

    monkeypatch.setattr(Task, "start", broken)
    assert "Node.js is gone" in refusal(lambda: update(watched, service, watched.version("2")))
    monkeypatch.setattr(Task, "start", start)
    os.kill(pid(watched), signal.SIGKILL)

    wait_until("the old version is back", lambda: watched.get("/api/version") == (200, "1"))


def test_a_change_that_needs_no_new_task_starts_none(world: World) -> None:
    task_definition = world.version("1")
    service = world.deploy(task_definition)
    before = processes()

    world.client.update(service, {**world.service(task_definition), "enableExecuteCommand": False})

    assert processes() == before


def test_another_capacity_provider_is_a_release(world: World) -> None:
    task_definition = world.version("1")
    service = world.deploy(task_definition)
    before = processes()
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]

    world.client.update(service, {**world.service(task_definition), "capacityProviderStrategies": spot})

    assert processes() != before


# Scaling, replacing, ending


def test_more_tasks_join_and_fewer_leave(world: World) -> None:
    task_definition = world.version("1")
    service = world.deploy(task_definition)
    first = processes()

    service = update(world, service, task_definition, count=3)
    assert world.targets() == ["healthy"] * 3
    assert set(first) < set(processes())

    update(world, service, task_definition, count=1)
    assert world.targets() == ["healthy"]
    assert processes() == first


def test_a_killed_task_is_replaced(watched: World) -> None:
    watched.deploy(watched.version("1"))
    killed = pid(watched)

    os.kill(killed, signal.SIGKILL)

    wait_until("another task answers", lambda: watched.get("/api/version") == (200, "1") and pid(watched) != killed)
    assert len(processes()) == 1
    assert watched.targets() == ["healthy"]


def test_a_task_that_cannot_be_replaced_at_first_is_replaced_when_it_can(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "_RETRY_AFTER", 0.1)
    watched.deploy(watched.version("1"))
    services, start = watched.client.services, Task.start

    def broken(*_arguments: object) -> Task:
        raise UserError("there is no memory")

    monkeypatch.setattr(Task, "start", broken)
    os.kill(pid(watched), signal.SIGKILL)
    wait_until("the failure is known", lambda: list(services.failures.values()) == ["there is no memory"])
    monkeypatch.setattr(Task, "start", start)

    wait_until("the service answers again", lambda: watched.get("/api/version") == (200, "1"))
    wait_until("the failure is over", lambda: services.failures == {})


def test_a_service_whose_tasks_all_run_needs_its_task_definition_no_more(world: World) -> None:
    task_definition = world.version("1")
    world.deploy(task_definition)
    world.forget(task_definition)

    for service in world.client.services.running.values():
        service.replace_ended()

    assert world.get("/api/version") == (200, "1")


def test_nothing_runs_after_a_service_is_deleted(watched: World) -> None:
    service = watched.deploy(watched.version("1"), count=2)

    watched.client.delete(service)

    assert processes() == []
    assert watched.targets() == []
    assert watched.get("/api/version")[0] == 503


def test_a_service_that_is_scaled_to_nothing_stays_there(watched: World) -> None:
    task_definition = watched.version("1")
    service = watched.deploy(task_definition)

    update(watched, service, task_definition, count=0)

    watched.machine.stopping.wait(0.7)  # the watch looks every half second
    assert processes() == []


def test_nothing_runs_after_a_service_whose_target_group_went_first_is_deleted(world: World) -> None:
    service = world.deploy(world.version("1"))
    world.machine.balancer.remove_target_group(world.target_group["arn"])

    world.client.delete(service)

    assert processes() == []


def test_a_task_that_does_not_want_to_end_is_killed_after_its_time(world: World) -> None:
    container = {**world.container(world.image(VERSION="1"), IGNORE_SIGTERM="yes"), "stopTimeout": 0.5}
    service = world.deploy(world.register(container))

    world.client.delete(service)

    assert processes() == []


def test_a_task_is_told_what_its_task_definition_says_and_nothing_of_this_machine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the person's own")

    world.deploy(world.version("1", GREETING="hello"))
    told = json.loads(world.get("/api/environment")[1])

    assert set(told) == {
        *("VERSION", "GREETING", "PORT", "HOSTNAME", "JWT_SECRET", "DATABASE_URL"),
        *("PATH", "HOME", "TMPDIR"),
    }
    assert told["JWT_SECRET"] == JWT_SECRET
    assert told["GREETING"] == "hello"
