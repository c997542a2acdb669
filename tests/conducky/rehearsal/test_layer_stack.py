"""The engine's command line with a stand-in for it, its events by hand, and once the real engine."""

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pulumi import automation as auto
from pulumi.automation import events

from conducky.engine import ensure_engine
from conducky.rehearsal.behaviours import behaviours
from conducky.rehearsal.ecs_service import Services
from conducky.rehearsal.layer_stack import (
    Engine,
    LayerFailedError,
    LayerResult,
    LayerStack,
    Told,
    _Watch,  # pyright: ignore[reportPrivateUsage] # what it makes of the engine's events shows nowhere else
)
from conducky.rehearsal.machine import Machine
from conducky.rehearsal.provider import PACKAGES, Provider, serve
from conducky.rehearsal.run_folder import RunFolder
from tests.conducky.rehearsal.little_server import wait_until

ROOT = Path("/the repository")
STACK = "urn:pulumi:dev::conducky-platform::pulumi:pulumi:Stack::conducky-platform-dev"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
QUIET = Told(lambda _what: None, lambda _count: None)


# The engine's processes


@pytest.fixture
def script(tmp_path: Path, run_folder: RunFolder) -> Callable[[str], Engine]:
    """Makes an engine of a shell script."""

    def write(body: str) -> Engine:
        binary = tmp_path / "the engine" / "pulumi"
        binary.parent.mkdir()
        binary.write_text(f"#!/bin/sh\n{body}\n")
        binary.chmod(0o755)
        return Engine(binary, run_folder)

    return write


def test_a_commands_output_and_errors_are_kept_apart(script: Callable[[str], Engine], tmp_path: Path) -> None:
    engine = script('echo "$@"; echo "a warning" >&2; pwd; echo "$ADDED"')

    result = engine.run(["stack", "a b"], str(tmp_path), {"ADDED": "told"})

    assert result.stdout.splitlines() == ["--non-interactive stack a b", str(tmp_path), "told"]
    assert result.stderr == "a warning"
    assert result.code == 0


def test_a_failing_command_is_the_automation_apis_error(script: Callable[[str], Engine], tmp_path: Path) -> None:
    engine = script('echo "error: no stack named dev found" >&2; exit 255')

    with pytest.raises(auto.StackNotFoundError, match="no stack named dev found"):
        engine.run(["stack", "select", "dev"], str(tmp_path), {})


def test_an_interrupted_engine_is_asked_and_then_ended(script: Callable[[str], Engine], tmp_path: Path) -> None:
    engine = script("trap 'echo interrupted; exit 3' INT; touch begun; while :; do sleep 0.02; done")
    threading.Thread(target=lambda: _interrupt_when((tmp_path / "begun").exists, engine)).start()

    with pytest.raises(auto.CommandError, match="interrupted"):
        engine.run(["up"], str(tmp_path), {})


def test_an_engine_that_does_not_heed_is_killed(script: Callable[[str], Engine], tmp_path: Path) -> None:
    engine = script("trap '' INT; touch begun; while :; do sleep 0.02; done")
    threading.Thread(target=lambda: _interrupt_when((tmp_path / "begun").exists, engine)).start()

    with pytest.raises(auto.CommandError, match=f"code: {-signal.SIGKILL}"):
        engine.run(["up"], str(tmp_path), {})


def _interrupt_when(holds: Callable[[], bool], engine: Engine) -> None:
    wait_until("the engine runs", holds)
    engine.interrupt(0.3)


# What the engine tells


class Listener:
    """Takes events as the engine sends them, and notes what a person would be told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.counts: list[int] = []
        self.watch = _Watch(Told(self.begun.append, self.counts.append), ROOT)

    def note(self, **event: object) -> None:
        told: dict[str, object] = {"sequence": 1, "timestamp": 1, **event}
        self.watch.note(events.EngineEvent.from_json(told))  # pyright: ignore[reportUnknownMemberType] # a bare dict

    def step(self, operation: str, name: str = "logs", token: str = LOG_GROUP) -> None:
        metadata = {"op": operation, "urn": f"urn:pulumi:dev::conducky-platform::{token}::{name}", "type": token}
        self.note(resourcePreEvent={"metadata": metadata})
        self.note(resOutputsEvent={"metadata": metadata})

    def say(self, message: str, urn: str | None = None, severity: str = "error") -> None:
        self.note(diagnosticEvent={"message": message, "color": "never", "severity": severity, "urn": urn})


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_a_resources_failure_is_told_with_its_name(listener: Listener) -> None:
    urn = "urn:pulumi:dev::conducky-services::aws:ecs/service:Service::backend"

    listener.say("<{%reset%}>error: <{%bold%}>no way in<{%reset%}>\n", urn)

    assert listener.watch.causes() == "backend: no way in"


def test_a_sentence_that_names_its_resource_is_told_as_it_is(listener: Listener) -> None:
    urn = "urn:pulumi:dev::conducky-services::aws:ecs/service:Service::conducky-dev-backend"

    listener.say("conducky-dev-backend: the log group does not exist\n", urn)

    assert listener.watch.causes() == "conducky-dev-backend: the log group does not exist"


@pytest.mark.parametrize("urn", [None, STACK])
def test_a_persons_mistake_is_one_sentence(listener: Listener, urn: str | None) -> None:
    """The program tells it, and the engine once more."""
    listener.say("JWT_SECRET is missing: run `export JWT_SECRET=…`\n", urn)
    listener.say("an unhandled error occurred: JWT_SECRET is missing: run `export JWT_SECRET=…`\n", urn)
    listener.say("update failed\n")

    assert listener.watch.causes() == "JWT_SECRET is missing: run `export JWT_SECRET=…`"


def test_the_engines_closing_lines_and_its_lesser_messages_are_left_out(listener: Listener) -> None:
    listener.say("update failed\n")
    listener.say("<{%fg 1%}>error: <{%reset%}>preview failed\n", STACK)
    listener.say("something to know\n", severity="info")
    listener.say("something to think of\n", severity="warning")
    listener.say("registering resource\n", severity="debug")

    assert listener.watch.causes() == ""


def test_every_cause_is_told_in_its_order(listener: Listener) -> None:
    for name in ("one", "two", "one"):
        listener.say(f"{name} is broken", f"urn:pulumi:dev::p::t::{name}")

    assert listener.watch.causes() == "one is broken\ntwo is broken"


def test_a_traceback_becomes_its_last_line_and_its_last_place_of_ours(listener: Listener) -> None:
    listener.say(
        "python inline source runtime error: division by zero\n"
        "Traceback (most recent call last):\n"
        f'  File "{ROOT}/.venv/lib/pulumi/runtime/stack.py", line 133, in run\n    await result\n'
        f'  File "{ROOT}/platform/__main__.py", line 12, in <module>\n    shares = 1 / 0\n             ~~^~~\n'
        '  File "/usr/lib/python3.11/numbers.py", line 3, in divide\n    …\n'
        "ZeroDivisionError: division by zero\n\n"
    )

    assert listener.watch.causes() == "platform/__main__.py:12: ZeroDivisionError: division by zero"


def test_resources_are_counted_by_what_happened_to_them(listener: Listener) -> None:
    listener.step("same", "one")
    listener.step("create", "two")
    listener.step("update", "three")
    for operation in ("create-replacement", "replace", "delete-replaced"):
        listener.step(operation, "four")

    assert listener.watch.changes == {
        "same": 1,
        "create": 1,
        "update": 1,
        "create-replacement": 1,
        "replace": 1,
        "delete-replaced": 1,
    }
    assert listener.watch.resources == 4
    assert listener.counts[-1] == 4
    assert listener.begun[:2] == ["two (LogGroup)", "three (LogGroup)"]


def test_a_deleted_resource_is_done_but_no_longer_one_of_the_layers(listener: Listener) -> None:
    listener.step("same", "one")
    listener.step("delete", "two")

    assert listener.watch.resources == 1
    assert listener.counts == [1, 2]


@pytest.mark.parametrize("token", ["pulumi:pulumi:Stack", "pulumi:providers:aws", "conducky:platform:Database"])
def test_what_only_holds_others_together_is_not_counted(listener: Listener, token: str) -> None:
    listener.step("create", token=token)

    assert listener.watch.resources == 0
    assert listener.begun == []


# A layer on the real engine


class Repository:
    """A repository of one layer whose program a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bootstrap").mkdir(parents=True)
        (folder / "bootstrap" / "Pulumi.yaml").write_text("name: conducky-bootstrap\nruntime: python\n")
        (folder / "bootstrap" / "Pulumi.dev.yaml").write_text("config:\n  conducky-bootstrap:days: 7\n")

    def write(self, program: str) -> None:
        lines = ("import pulumi", "from conducky.errors import UserError", program)
        (self.folder / "bootstrap" / "__main__.py").write_text("\n".join(lines) + "\n")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "the repository")


@pytest.fixture
def layer(machine: Machine, repository: Repository) -> Iterator[LayerStack]:
    """The repository's layer, on an engine whose provider is the machine's."""
    server, port = serve(Provider(machine, behaviours(machine, Services(machine))))
    folder = machine.folder.path
    for name in ("state", "home"):
        (folder / name).mkdir()
    yield LayerStack(
        "bootstrap",
        "dev",
        engine=Engine(ensure_engine(lambda _line: None), machine.folder),
        folder=folder,
        root=repository.folder,
        variables={
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "a test's",
            "PULUMI_DEBUG_PROVIDERS": ",".join(f"{package}:{port}" for package in PACKAGES),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_ACCESS_TOKEN": "",
        },
    )
    server.stop(0).wait()


def up(layer: LayerStack) -> LayerResult:
    return layer.up(QUIET)


def failure(layer: LayerStack) -> str:
    with pytest.raises(LayerFailedError) as failed:
        up(layer)
    return str(failed.value)


@pytest.mark.engine
def test_a_layer_on_the_real_engine(layer: LayerStack, repository: Repository, machine: Machine) -> None:
    program = f"""
days = pulumi.Config().require_int("days")
pulumi.CustomResource("{LOG_GROUP}", "logs", {{"retentionInDays": days}})
group = pulumi.CustomResource("aws:ec2/securityGroup:SecurityGroup", "group", {{"description": "DESCRIPTION"}})
pulumi.export("group", group.id)
"""
    stack_file = (repository.folder / "bootstrap" / "Pulumi.dev.yaml").read_text()

    repository.write(program)
    assert up(layer).changes == {"create": 2}
    (before,) = machine.of("aws:ec2/securityGroup:SecurityGroup")

    repository.write(program.replace("DESCRIPTION", "another"))
    assert up(layer).resources == 2
    (after,) = machine.of("aws:ec2/securityGroup:SecurityGroup")
    assert after["id"] != before["id"], "a replacement is another group"
    assert layer.outputs() == {"group": after["id"]}

    layer.set_config("days", "15")
    assert "`retentionInDays` is 15 and must be one of" in failure(layer)

    repository.write('raise UserError("JWT_SECRET is missing: run `export JWT_SECRET=…`")')
    assert failure(layer) == "JWT_SECRET is missing: run `export JWT_SECRET=…`"
    repository.write('pulumi.runtime.invoke("aws:s3/getBucket:getBucket", {}).value')
    said = failure(layer)
    assert said.startswith("bootstrap/__main__.py:3: ")
    assert said.endswith("add one to `answer` in conducky/rehearsal/lookups.py")

    assert layer.destroy(QUIET).changes == {"delete": 2}
    assert machine.of(LOG_GROUP) == []
    assert (repository.folder / "bootstrap" / "Pulumi.dev.yaml").read_text() == stack_file


def test_an_engine_keeps_its_hands_off_the_persons_terminal(
    script: Callable[[str], Engine], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script("echo said; echo shouted >&2").run(["version"], str(tmp_path), {})

    assert capfd.readouterr() == ("", "")
