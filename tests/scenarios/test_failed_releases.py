"""A failed release, and the same `pulumi up` again, on the real engine and with Pulumi.yaml's own options.

The engine, the options of services/Pulumi.yaml and services/release_trigger.py are real; ECS is not.
"""

import asyncio
import shutil
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pulumi
import pytest
import yaml
from packaging.version import Version
from pulumi import automation as auto
from release_trigger import release_trigger
from semver import VersionInfo

from conducky.deployed import last_outputs
from conducky.engine.ensure import ensure_engine
from conducky.engine.version import MINIMUM_VERSION
from conducky.rehearsal.stacks.inline_program import InlineProgram
from conducky.repository import ROOT
from tests.scenarios.bridged_provider import WHY, Ecs, served

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


class Service(pulumi.CustomResource):
    """The service of the provider."""

    def __init__(self, **properties: object) -> None:
        super().__init__("fake:index:Service", "service", properties)


@dataclass
class _Program(InlineProgram):
    """That of a stack, ended as the rehearsal ends its own."""

    run: Callable[[], None]

    def __call__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.run()


@dataclass
class Stack:
    """A stack of services; `definition` and `count` are what its program asks for."""

    engine: auto.Stack
    ecs: Ecs
    definition: str = "backend:1"
    count: int = 1
    changes: list[int] = field(default_factory=list[int])

    def up(self) -> str | None:
        """`pulumi up`: None where it is green, else what it says."""
        self.ecs.calls.clear()
        program = _Program("services", ROOT, self.program)
        try:
            done = self.engine.up(program=program)
        except auto.CommandError as error:
            return str(error)
        finally:
            program.end()
        counts = done.summary.resource_changes or {}
        self.changes.append(sum(number for kind, number in counts.items() if str(kind) != "same"))
        return None

    @property
    def live(self) -> bool:
        """Whether ECS runs what the program asks for."""
        return self.ecs.runs == (self.definition, self.count)

    def program(self) -> None:
        parts = [self.definition, self.count]
        trigger = release_trigger("service_release", last_outputs(), parts)
        service = Service(definition=self.definition, count=self.count, trigger=trigger)
        pulumi.export("service_release", pulumi.Output.all(trigger, service.id).apply(lambda both: both[0]))


@pytest.fixture
def stack(tmp_path: Path) -> Generator[Stack]:
    binary = ensure_engine(lambda _: None)
    for name in ("work", "state", "home"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "services" / "Pulumi.yaml", tmp_path / "work")
    ecs = Ecs()
    with served(ecs) as port:
        command = auto.PulumiCommand.__new__(auto.PulumiCommand)
        command.command, command.version = str(binary), VersionInfo.parse(str(MINIMUM_VERSION))
        workspace = auto.LocalWorkspace(
            work_dir=str(tmp_path / "work"),
            pulumi_command=command,
            pulumi_home=str(tmp_path / "home"),
            program=lambda: None,
            env_vars={
                "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
                "PULUMI_CONFIG_PASSPHRASE": "fake-passphrase",
                "PULUMI_DEBUG_PROVIDERS": f"fake:{port}",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            },
        )
        yield Stack(auto.Stack.create("dev", workspace), ecs)


def fails(stack: Stack) -> None:
    stack.ecs.broken = True
    said = stack.up()
    assert said is not None, "green, and ECS runs something else"
    assert WHY in said


def works(stack: Stack) -> None:
    """The same command again, once the cause is fixed; a third changes nothing."""
    stack.ecs.broken = False
    assert stack.up() is None
    assert stack.live, f"green, and ECS runs {stack.ecs.runs}"
    assert stack.up() is None
    assert stack.ecs.calls == []
    assert stack.changes[-1] == 0
    assert stack.live


def release(stack: Stack) -> None:
    stack.definition = "backend:2"


def more_tasks(stack: Stack) -> None:
    stack.count = 2


def test_the_first_release_ever_can_be_repeated(stack: Stack) -> None:
    fails(stack)
    fails(stack)
    assert len(stack.ecs.calls) == 1, "each up is a try of its own"
    works(stack)


@pytest.mark.parametrize("change", [release, pytest.param(more_tasks, marks=pytest.mark.slow)])
def test_a_failed_update_can_be_repeated(stack: Stack, change: Callable[[Stack], None]) -> None:
    works(stack)
    change(stack)
    fails(stack)
    fails(stack)
    works(stack)


def test_going_back_after_a_failed_release_is_a_release_too(stack: Stack) -> None:
    works(stack)
    release(stack)
    fails(stack)
    stack.definition = "backend:3"  # the old content again has a new revision
    works(stack)


def test_what_somebody_else_deployed_is_seen(stack: Stack) -> None:
    works(stack)
    stack.ecs.deploy("by hand", "backend:0", 1)
    works(stack)


def test_every_up_of_services_reads_what_ecs_runs() -> None:
    options = yaml.safe_load((ROOT / "services" / "Pulumi.yaml").read_text(encoding="utf-8"))["options"]
    assert options == {"refresh": "always"}


def test_an_image_survives_that_with_a_registry_token_that_has_expired() -> None:
    """Before https://github.com/pulumi/pulumi-docker-build/pull/955, a refresh dropped it; 0.0.22's source has that."""
    assert Version(version("pulumi-docker-build")) >= Version("0.0.22")
