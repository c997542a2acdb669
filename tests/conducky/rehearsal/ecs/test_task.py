from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.rehearsal.account import Machine, ResourceFailedError
from conducky.rehearsal.ecs import task as task_module
from conducky.rehearsal.ecs.task import Task, find_image, told
from tests.conducky.rehearsal.ecs.echo_app import make_image, wait_until

PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/conducky/dev/KEY"
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/backend"
IMAGE = f"{REPOSITORY}@sha256:1"

# Prints its folder and its variables, and waits.
SHOW = 'console.log("in " + process.cwd()); for (const [k, v] of Object.entries(process.env)) console.log(`${k}=${v}`);'

Start = Callable[..., Task]


@pytest.fixture
def equipped(machine: Machine, tmp_path: Path) -> Machine:
    """A machine with an image and a parameter."""
    machine.remember("aws:ecr/repository:Repository", "backend", {"repositoryUrl": REPOSITORY})
    machine.remember("aws:ssm/parameter:Parameter", "KEY", {"name": "KEY", "arn": PARAMETER, "value": "hidden"})
    machine.images["sha256:1"] = make_image(tmp_path / "the image", FROM="image", BOTH="image")
    return machine


@pytest.fixture
def start(equipped: Machine) -> Iterator[Start]:
    """Starts a task of a container with these properties."""
    started: list[Task] = []

    def begin(**properties: object) -> Task:
        container = {"name": "backend", "image": IMAGE, "portMappings": [{"containerPort": 4000}], **properties}
        started.append(Task.start(equipped, {"arn": "arn:aws:ecs:task-definition/backend:7"}, container))
        return started[-1]

    yield begin
    for task in started:
        task.stop()


def shown(task: Task) -> dict[str, str]:
    """The variables that a task which runs SHOW has."""
    task.process.wait(10)
    return dict(line.split("=", 1) for line in task.process.tail(100).splitlines() if "=" in line)


def is_running(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def variables(**values: str) -> list[Properties]:
    return [{"name": name, "value": value} for name, value in values.items()]


def test_a_container_is_told_its_variables_and_its_secrets_values(equipped: Machine) -> None:
    container = {"environment": variables(PLAIN="shown"), "secrets": [{"name": "KEY", "valueFrom": PARAMETER}]}

    assert told(equipped, container) == {"PLAIN": "shown", "KEY": "hidden"}


def test_a_secret_from_a_parameter_that_does_not_exist_is_named(equipped: Machine) -> None:
    with pytest.raises(ResourceFailedError) as failed:
        told(equipped, {"secrets": [{"name": "KEY", "valueFrom": f"{PARAMETER}2"}]})

    assert str(failed.value) == (
        f"KEY comes from the parameter {PARAMETER}2, which does not exist: make it in "
        "services/application_secrets.py or platform/database.py"
    )


def test_an_image_is_found_by_its_digest(equipped: Machine) -> None:
    assert find_image(equipped, IMAGE) is equipped.images["sha256:1"]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (f"{REPOSITORY}:latest", "is not named by its digest: use `repository@sha256:…` in services/images.py"),
        ("elsewhere/backend@sha256:1", "is in no repository of this stack: make one in bootstrap/repositories.py"),
        (f"{REPOSITORY}@sha256:2", "was not built in this rehearsal: name one that services/images.py builds"),
    ],
)
def test_an_image_that_is_not_there_is_told_with_the_file_to_look_at(
    equipped: Machine, reference: str, reason: str
) -> None:
    with pytest.raises(ResourceFailedError) as failed:
        find_image(equipped, reference)

    assert str(failed.value) == f"the image {reference} {reason}"


def test_a_task_runs_in_the_images_folder_with_the_definitions_variables_over_the_images(
    start: Start, equipped: Machine
) -> None:
    task = start(command=["-e", SHOW], environment=variables(BOTH="definition", PORT="4000"))

    seen = shown(task)

    assert f"in {equipped.images['sha256:1'].root}/app" in task.process.tail(100)
    assert (seen["FROM"], seen["BOTH"]) == ("image", "definition")
    assert seen["PORT"] == str(task.ports[4000])


def test_nothing_of_this_machine_leaks_in(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the person's own")

    seen = shown(start(command=["-e", SHOW]))

    assert set(seen) == {"FROM", "BOTH", "PATH", "HOME", "TMPDIR"}


def test_a_task_has_a_home_and_a_temporary_folder_of_its_own(start: Start, equipped: Machine) -> None:
    first, second = (shown(start(command=["-e", SHOW])) for _ in range(2))

    assert first["HOME"] != second["HOME"]
    assert Path(first["TMPDIR"]).is_dir()
    assert Path(first["HOME"]).is_relative_to(equipped.folder.path)


def test_the_definitions_entry_point_wins_over_the_images(start: Start) -> None:
    task = start(entryPoint=["/bin/sh", "-c"], command=["echo from the definition"])

    assert task.process.wait(10) == 0
    assert task.process.tail() == "from the definition"


def test_a_task_knows_its_revision_and_how_it_ended(start: Start) -> None:
    task = start(command=["-e", "setTimeout(() => process.exit(5), 200)"])
    assert task.ended() is None

    task.process.wait(10)

    assert task.ended() == "it exited with code 5"
    assert task.revision.endswith("backend:7")


def test_a_command_that_is_not_in_the_image_ends_with_a_reason(start: Start) -> None:
    task = start(entryPoint=["/no/such/program"])

    assert task.process.wait(10) == 127
    assert "cannot start /no/such/program" in task.process.tail()


def test_two_tasks_of_one_container_have_different_ports(start: Start) -> None:
    first, second = start(), start()

    assert first.ports[4000] != second.ports[4000]
    assert first.name != second.name


def test_a_stopped_task_is_gone_with_what_it_started(start: Start) -> None:
    child = "const c = require('node:child_process').spawn('sleep', ['60']); console.log('child ' + c.pid);"
    task = start(command=["-e", f"{child} setInterval(() => {{}}, 1000);"])
    wait_until("it has started its child", lambda: "child " in task.process.tail())

    task.stop()

    assert task.ended() == "it exited with code -15"
    assert not is_running(int(task.process.tail().split()[-1]))


def test_a_prisma_application_is_told_of_the_engine(
    start: Start, equipped: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def engine(root: Path, _progress: object) -> Path:
        assert root == equipped.root
        return Path("/cache/engine.mjs")

    monkeypatch.setattr(task_module, "prisma_engine", engine)
    manifest = equipped.images["sha256:1"].path("/app/package.json")
    manifest.write_text('{"dependencies": {"prisma": "6"}}')

    assert shown(start(command=["-e", SHOW]))["PRISMA_SCHEMA_ENGINE_BINARY"] == "/cache/engine.mjs"


def test_without_node_it_says_what_to_install(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UserError, match=r"node is not on this machine's PATH: install Node\.js"):
        start()
