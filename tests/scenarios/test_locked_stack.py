"""The runbook's "The stack is locked": what a killed deployment leaves, and its commands on the real engine."""

import json
import os
import re
import shlex
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conducky.deployment import PulumiCli, Selection
from conducky.deployment.deploy import deploy
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.stacks.inline_program import InlineProgram
from conducky.repository import LAYERS
from tests.fakes.language_host import write_language_host
from tests.scenarios.deployment import (
    QUIET,
    assert_released,
    assert_state_is_what_exists,
    change_memory,
    ready,
    refused,
    rehearsed,
    up,
    wait_for_both,
)
from tests.scenarios.test_cloud_failures import interposed
from tests.scenarios.typed import PAGES, answer

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:Error in event stream"),
]

SERVICE = "aws:ecs/service:Service"
CREATED = [  # AWS refuses a second of each: its name, priority, or peer and ports are taken
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:ssm/parameter:Parameter",
    "aws:lb/targetGroup:TargetGroup",
    "aws:lb/listenerRule:ListenerRule",
    SERVICE,
]
COMMANDS = [line for line in answer("The stack is locked") if line.startswith("pulumi ")]
# As the page has them: of names and firewall rules, of services, and of the priorities of listener rules.
REFUSALS = [words for words in ("exists", "not idempotent", "in use") if f"*{words}*" in PAGES]
LIST = "/tmp/pending.json"  # noqa: S108  # as the page names it


@pytest.fixture(scope="module")
def serve(stand_ins: Path, images: Path) -> Generator[Callable[[], Rehearsal]]:
    """Gives one rehearsal to all tests, and after one that failed halfway a new one, for its second attempt too."""
    with ExitStack() as stack:
        made: list[Rehearsal] = []

        def given() -> Rehearsal:
            if made and not repaired(made[-1]):
                stack.close()
                made.clear()
            if not made:
                made.append(stack.enter_context(rehearsed(stand_ins, images=images)))
            return made[-1]

        yield given


@pytest.fixture
def rehearsal(serve: Callable[[], Rehearsal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rehearsal:
    """All three layers are up; Pulumi on PATH works on their states, which are files, as a person's would."""
    served = serve()
    for name, value in served.layer("services")._variables.items():  # pyright: ignore[reportPrivateUsage]
        monkeypatch.setenv(name, value)
    write_language_host(tmp_path)
    engine = Path(served.engine.command).parent
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), str(engine), os.environ["PATH"]]))
    return ready(served)


def repaired(rehearsal: Rehearsal) -> bool:
    """Whether a test left no lock, nothing pending, and in the account what the states have."""
    locks = rehearsal.folder.path / "state" / ".pulumi" / "locks"
    try:
        assert_state_is_what_exists(rehearsal)
    except AssertionError:
        return False
    return not state(rehearsal).get("pending_operations") and not any(locks.rglob("*.json"))


def state(rehearsal: Rehearsal) -> Mapping[str, Any]:
    """What Pulumi knows of the layer services."""
    return rehearsal.layer("services")._written()["checkpoint"]["latest"]  # pyright: ignore[reportPrivateUsage]


def kill_during(rehearsal: Rehearsal, operation: str, token: str = SERVICE) -> None:
    """Kill the engine while AWS is at work on the first of a type; nothing but the runbook repairs what is left."""

    def kill(asked: str, kind: str, _name: str) -> None:
        if (asked, kind) == (operation, token):
            for process in list(rehearsal.engine._running):  # pyright: ignore[reportPrivateUsage]
                os.kill(process.pid, signal.SIGKILL)

    with interposed(rehearsal, kill):
        assert "killed" in refused(rehearsal, "services")
    rehearsal.provider.operations.wait_none()
    rehearsal.layer("services").killed = False


def layers(rehearsal: Rehearsal) -> Path:
    """The folder in which Pulumi finds the three layers."""
    return rehearsal.layer("services")._work.parent  # pyright: ignore[reportPrivateUsage]


def pulumi(rehearsal: Rehearsal, command: str, *answers: str) -> str:
    """Run a command as it is written; `answers` are what a person answers at a terminal, as options.

    As an engine of the rehearsal, because its provider takes no calls of others.
    """
    _, *words = shlex.split(command)
    variables = rehearsal.layer("services")._variables  # pyright: ignore[reportPrivateUsage]
    return rehearsal.engine.run([*words, *answers], str(layers(rehearsal)), variables).stdout


def deployed(rehearsal: Rehearsal, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and all that `make deploy LAYER=services` shows."""
    cli = PulumiCli(Selection.of("dev", "services"), layers(rehearsal))
    code = deploy(cli, [], Console(stderr=True, width=300), yes=True)
    shown = capfd.readouterr()
    return code, shown.out + shown.err


def test_a_killed_deployment_is_named_cancelled_and_followed_by_one_that_works(
    rehearsal: Rehearsal, capfd: pytest.CaptureFixture[str]
) -> None:
    change_memory(rehearsal)
    kill_during(rehearsal, "update")

    code, shown = deployed(rehearsal, capfd)
    assert code != 0
    assert "the stack is currently locked by 1 lock(s)" in shown
    assert "`pulumi cancel`" in shown
    assert re.search(r"created by \S+@\S+ \(pid \d+\) at 20\d\d-", shown), "who, where and since when"
    assert "Traceback" not in shown

    history, cancel, *_ = COMMANDS
    assert "Status: succeeded" in pulumi(rehearsal, history), "the killed one is not in it"
    assert "has been canceled" in pulumi(rehearsal, cancel, "--yes")
    assert set(up(rehearsal, "services")["services"].operations.values()) == {"update"}
    assert_released(rehearsal)
    assert up(rehearsal, "services")["services"].operations == {}


@pytest.mark.parametrize("token", CREATED)
def test_what_it_was_creating_is_imported_and_not_created_twice(
    rehearsal: Rehearsal, tmp_path: Path, token: str
) -> None:
    rehearsal.destroy("services", QUIET)
    kill_during(rehearsal, "create", token)
    before = {each: set(found) for each, found in rehearsal.account.resources.items()}
    _, cancel, preview, imports, refresh = COMMANDS
    pulumi(rehearsal, cancel, "--yes")
    said = refused(rehearsal, "services")
    assert any(words in said for words in REFUSALS), "AWS has it, and the state does not"

    file = tmp_path / "pending.json"
    written_by(rehearsal, preview, file)
    wanted = json.loads(file.read_text("utf-8"))
    wanted["resources"] = [{**each, "id": ident} for each in wanted["resources"] if (ident := in_aws(rehearsal, each))]
    names = [logical(each) for each in wanted["resources"] if each["type"] == token]
    assert names
    if token == SERVICE:
        assert {f"conducky-dev-cluster/{name}" for name in names} <= {each["id"] for each in wanted["resources"]}
    file.write_text(json.dumps(wanted), "utf-8")
    shown = pulumi(rehearsal, imports.replace(LIST, str(file)), "--yes")
    assert "import" in shown
    pulumi(rehearsal, refresh, "--yes", "--clear-pending-creates")

    made = up(rehearsal, "services")["services"].operations
    changed = {made.get(f"{token} {name}") for name in names}
    assert changed <= {"update", None}, "imported, so it is not created"
    assert changed == {"update"} or token != SERVICE, "what only Pulumi knows, such as the wait"
    assert wait_for_both(rehearsal)
    assert_released(rehearsal)
    assert before[token] <= set(rehearsal.account.resources[token]), "it is the same one"
    assert up(rehearsal, "services")["services"].operations == {}
    known = state(rehearsal)
    assert not known.get("pending_operations")
    assert not any(each.get("protect") for each in known["resources"]), "another deployment could not replace it"
    assert_state_is_what_exists(rehearsal)


def written_by(rehearsal: Rehearsal, preview: str, file: Path) -> None:
    """`preview` as the page has it; the rehearsal runs a layer's program itself."""
    _, _, layer, verb, *_, option, name = preview.split()
    assert (verb, option, name) == ("preview", "--import-file", LIST)
    stack = rehearsal.layer(layer)._stack  # pyright: ignore[reportPrivateUsage]
    stack.preview(program=InlineProgram(layer, rehearsal.layer(layer).root), import_file=str(file))


def logical(wanted: Mapping[str, Any]) -> str:
    """The name that an entry has in the program; `name` is another where two types share one."""
    return str(wanted.get("logicalName", wanted["name"]))


def in_aws(rehearsal: Rehearsal, wanted: Mapping[str, Any]) -> str | None:
    """The id by which a person would import what the killed deployment created; None where it had not."""
    if wanted.get("component"):
        return None  # Pulumi's own, and without anything below it as long as it is pending
    known = {each for layer in LAYERS for each in rehearsal.layer(layer).known()}
    name = logical(wanted)
    for pending in (each["resource"] for each in state(rehearsal)["pending_operations"]):
        if (pending["type"], pending["urn"].rpartition("::")[2]) != (wanted["type"], name):
            continue
        # Numbers too: two rules of a listener differ by their priority only
        asked = {each: value for each, value in pending["inputs"].items() if isinstance(value, str | int | float)}
        for ident, made in rehearsal.account.resources.get(wanted["type"], {}).items():
            if (wanted["type"], ident) not in known and asked.items() <= made.items():
                return "/".join(made["arn"].split("/")[1:]) if wanted["type"] == SERVICE else ident
    return None
