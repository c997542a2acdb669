import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs import fargate as fargate_module
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.images import Images, node
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases
from tests.conducky.rehearsal.ecs.echo_app import make_image, wait_until

pytestmark = pytest.mark.engine

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/backend"
IMAGE = f"{REPOSITORY}@sha256:1"

# Prints its folder and its variables, and waits.
SHOW = 'console.log("in " + process.cwd()); for (const [k, v] of Object.entries(process.env)) console.log(`${k}=${v}`);'

Start = Callable[..., Task]


@pytest.fixture
def fargate(account: Account, tmp_path: Path) -> Fargate:
    """In an account with one image."""
    account.remember("aws:ecr/repository:Repository", "backend", {"repositoryUrl": REPOSITORY})
    fargate = Fargate(account, Images(account), Databases(account), LoadBalancers(account, 18080))
    fargate.images.built["sha256:1"] = make_image(tmp_path / "the image", FROM="image", BOTH="image")
    return fargate


@pytest.fixture
def start(fargate: Fargate) -> Iterator[Start]:
    """Starts a task of a container with these properties."""
    started: list[Task] = []

    def begin(**properties: object) -> Task:
        container = {"name": "backend", "image": IMAGE, "portMappings": [{"containerPort": 4000}], **properties}
        started.append(fargate.start({"arn": "arn:aws:ecs:task-definition/backend:7"}, container))
        return started[-1]

    yield begin
    for task in started:
        task.stop()


def shown(task: Task) -> dict[str, str]:
    """The variables that a task which runs SHOW has."""
    task.process.wait(10)
    return dict(line.split("=", 1) for line in task.process.tail(100).splitlines() if "=" in line)


def variables(**values: str) -> list[Properties]:
    return [{"name": name, "value": value} for name, value in values.items()]


@pytest.mark.parametrize("where", ["image", "setting"])
def test_a_user_that_no_step_of_the_image_creates_ends_the_task(fargate: Fargate, start: Start, where: str) -> None:
    image = fargate.images.built["sha256:1"]
    fargate.images.built["sha256:1"] = image.model_copy(
        update={"user": "app:app" if where == "image" else "", "dockerfile": "api/Dockerfile", "users": {"other": "1"}}
    )
    named = {} if where == "image" else {"user": "app"}
    with pytest.raises(ResourceFailedError, match="unable to find user app: no matching entries in passwd") as caught:
        start(command=["-e", SHOW], **named)
    assert caught.value.fix == "create it in api/Dockerfile, as by `RUN useradd app` before USER"
    start(command=["-e", SHOW], user="other")


def test_an_image_is_found_by_its_digest(fargate: Fargate) -> None:
    assert fargate.find_image(IMAGE) is fargate.images.built["sha256:1"]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (f"{REPOSITORY}:latest", "is not named by its digest: use `repository@sha256:…` in services/images.py"),
        ("elsewhere/backend@sha256:1", "is in no repository of this stack: create one in bootstrap/repositories.py"),
        (f"{REPOSITORY}@sha256:2", "was not built in this rehearsal: name one that services/images.py builds"),
    ],
)
def test_an_image_that_is_not_there_is_reported_with_the_file_to_change(
    fargate: Fargate, reference: str, reason: str
) -> None:
    with pytest.raises(ResourceFailedError) as failed:
        fargate.find_image(reference)

    assert str(failed.value) == f"the image {reference} {reason}"


def test_a_task_runs_in_the_images_folder_with_the_definitions_variables_over_the_images(
    start: Start, fargate: Fargate
) -> None:
    task = start(command=["-e", SHOW], environment=variables(BOTH="definition", PORT="4000"))

    seen = shown(task)

    assert f"in {task.folder}/root/app" in task.process.tail(100)
    assert (seen["FROM"], seen["BOTH"]) == ("image", "definition")
    assert seen["PORT"] == str(task.ports[4000])


def test_a_task_starts_under_a_strict_umask(start: Start) -> None:
    before = os.umask(0o077)
    try:
        task = start(command=["-e", SHOW])
    finally:
        os.umask(before)
    assert shown(task)["BOTH"] == "image", task.process.tail()


def test_nothing_of_your_own_environment_leaks_in(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the person's own")

    seen = shown(start(command=["-e", SHOW]))

    assert set(seen) == {"FROM", "BOTH", "NODE_OPTIONS", "PATH", "HOME", "TMPDIR"}


def test_a_task_has_a_home_and_a_temporary_folder_of_its_own(start: Start, fargate: Fargate) -> None:
    first, second = (shown(start(command=["-e", SHOW])) for _ in range(2))

    assert first["HOME"] != second["HOME"]
    assert Path(first["TMPDIR"]).is_dir()
    assert Path(first["HOME"]).is_relative_to(fargate.account.folder.path)


def test_the_definitions_entry_point_wins_over_the_images(start: Start) -> None:
    task = start(entryPoint=["/bin/sh", "-c"], command=["echo from the definition"])

    assert task.process.wait(10) == 0
    assert task.process.tail() == "from the definition"


def test_a_command_that_is_not_in_the_image_ends_with_a_reason(start: Start) -> None:
    task = start(entryPoint=["/no/such/program"])

    assert task.process.wait(10) == 127
    assert "cannot start /no/such/program" in task.process.tail()


def test_two_tasks_of_one_container_have_different_ports(start: Start) -> None:
    first, second = start(), start()

    assert first.ports[4000] != second.ports[4000]
    assert first.name != second.name


def test_a_prisma_application_gets_the_engine(start: Start, fargate: Fargate, monkeypatch: pytest.MonkeyPatch) -> None:
    def engine(folder: Path, root: Path, _progress: object) -> Path:
        assert root == fargate.account.root
        assert (folder / "server.js").is_file()
        return Path("/usr/bin/engine.mjs")

    monkeypatch.setattr(fargate_module, "engine_for", engine)

    assert shown(start(command=["-e", SHOW]))["PRISMA_SCHEMA_ENGINE_BINARY"] == "/usr/bin/engine.mjs"


MARK = """
const fs = require("node:fs");
console.log(`before=${fs.existsSync("mark")}`);
for (const path of ["mark", "server.js", "/tmp/x", process.env.TMPDIR + "/x", "own/x", "own/file"])
  try { fs.appendFileSync(path, "x"); console.log(`${path.replace(process.env.TMPDIR, "TMP")}=written`); }
  catch (error) { console.log(`${path}=${error.code}`); }
"""


def test_every_task_has_an_image_of_its_own(start: Start, fargate: Fargate) -> None:
    image = fargate.images.built["sha256:1"]
    before = {path: path.read_bytes() for path in image.root.rglob("*") if path.is_file()}
    for _ in range(2):
        seen = shown(start(command=["-e", MARK], user="0"))
        assert (seen["before"], seen["mark"], seen["server.js"]) == ("false", "written", "written")
    assert {path: path.read_bytes() for path in image.root.rglob("*") if path.is_file()} == before


def test_a_task_may_write_what_its_user_owns_in_the_image(start: Start, fargate: Fargate) -> None:
    image = fargate.images.built["sha256:1"]
    (image.path("/app/own")).mkdir()
    (image.path("/app/own/file")).write_text("1")
    image.path("/app/own/file").chmod(0o444)
    image.path("/app/server.js").chmod(0o444)
    fargate.images.built["sha256:1"] = image.model_copy(
        update={"users": {"node": "1000", "next": "1001"}, "owned": {"1001": ("/app/own", "/app/own/file")}}
    )

    def written(user: str) -> dict[str, str]:
        return shown(start(command=["-e", MARK], user=user))

    denied, allowed = written("1000:1000"), written("next")
    assert [denied[name] for name in ("server.js", "own/x", "own/file", "TMP/x")] == [*["EACCES"] * 3, "written"]
    assert [allowed[name] for name in ("server.js", "own/x", "own/file", "TMP/x")] == ["EACCES", *["written"] * 3]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user for tasks")
def test_roots_tasks_run_as_a_user_who_reaches_nothing_else(start: Start, fargate: Fargate, tmp_path: Path) -> None:
    other = tmp_path / "closed"
    other.mkdir(mode=0o700)
    # Not from `/` on, where `/tmp` would be the task's own
    script = f"id -u; cd /; ls '.{other}'; ls '.{fargate.account.folder.path}/logs'; ls ~root; exit 5"
    task = start(entryPoint=["/bin/sh", "-c"], command=[script])
    task.process.wait(20)
    lines = task.process.tail().splitlines()
    assert lines[0] == str(fargate.account.folder.user)
    assert sum("Permission denied" in line for line in lines) == 3


def test_nothing_of_a_task_is_in_the_persons_home(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    script = 'mkdir -p ~/a "${XDG_CACHE_HOME:-$HOME/.cache}/b"; npm config set registry=https://x.test; ls -a ~'
    task = start(entryPoint=["/bin/sh", "-c"], command=[script], user="0")
    task.process.wait(60)
    assert [*home.iterdir()] == []
    assert {"a", ".cache", ".npmrc"} <= set(task.process.tail().split())


def test_a_task_gets_the_images_stop_signal(start: Start, fargate: Fargate) -> None:
    image = fargate.images.built["sha256:1"]
    fargate.images.built["sha256:1"] = image.model_copy(update={"stop_signal": "SIGUSR2"})
    script = "trap 'echo asked; exit 0' USR2; echo ready; while :; do sleep 0.1; done"
    task = start(entryPoint=["/bin/sh", "-c"], command=[script])
    wait_until("it listens to the signal", lambda: "ready" in task.process.tail())
    task.stop()
    assert task.process.tail().endswith("asked")


def test_without_node_it_says_what_to_install(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "BROUGHT", tmp_path)

    with pytest.raises(UserError) as failed:
        start()
    assert failed.value.fix == "run `make setup`"


def test_a_command_runs_in_the_containers_folder_and_environment_and_leaves_nothing(fargate: Fargate) -> None:
    container: Properties = {"name": "backend", "image": IMAGE, "environment": variables(BOTH="task")}

    first, *lines = fargate.execute(container, ["node", "-e", SHOW]).splitlines()

    folder = Path(first.removeprefix("in "))
    assert folder.parts[-2:] == ("root", "app")
    assert folder.is_relative_to(fargate.account.folder.path / "tasks")
    assert {"FROM=image", "BOTH=task"} <= set(lines)
    assert [*(fargate.account.folder.path / "tasks").iterdir()] == []


def test_what_a_command_prints_need_not_be_utf_8(fargate: Fargate) -> None:
    container: Properties = {"name": "backend", "image": IMAGE}
    assert fargate.execute(container, ["printf", r"caf\351"]) == "caf\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (["sleep", "60"], "`sleep 60` did not end within 0.5 s in the container backend"),
        (["no-such-program"], "`no-such-program` cannot start in the container backend"),
    ],
)
def test_a_command_that_does_not_end_or_start_is_reported_and_leaves_nothing(
    fargate: Fargate, monkeypatch: pytest.MonkeyPatch, command: list[str], problem: str
) -> None:
    monkeypatch.setattr(fargate_module, "_COMMAND_SECONDS", 0.5)
    with pytest.raises(UserError, match=re.escape(problem)):
        fargate.execute({"name": "backend", "image": IMAGE}, command)
    assert [*(fargate.account.folder.path / "tasks").iterdir()] == []


def test_a_health_check_that_prints_no_utf_8_still_counts(start: Start) -> None:
    task = start(command=["-e", "setInterval(() => 1, 100)"], healthCheck={"command": ["CMD", "printf", r"\351"]})
    wait_until("it is healthy", lambda: task.health is not None and task.health.problem() is None)


def test_a_command_that_fails_is_reported_with_its_last_line_and_no_secret(fargate: Fargate, account: Account) -> None:
    secret = "fake-secret-of-this-test-0123456789"
    account.remember(
        "aws:ssm/parameter:Parameter",
        "SECRET",
        {"name": "/SECRET", "arn": "arn:secret", "value": secret, "type": "SecureString"},
    )
    container: Properties = {
        "name": "backend",
        "image": IMAGE,
        "secrets": [{"name": "SECRET", "valueFrom": "arn:secret"}],
    }

    with pytest.raises(UserError) as failed:
        fargate.execute(
            container,
            ["node", "-e", "console.error('first'); console.error('not with ' + process.env.SECRET); process.exit(1)"],
        )

    assert "failed in the container backend: not with" in str(failed.value)
    assert secret not in str(failed.value)
