"""A rehearsal as the tests of this folder use it."""

import json
import ssl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from conducky.engine.ensure import ensure_engine
from conducky.engine.events import LayerProgress, LayerResult
from conducky.errors import UserError
from conducky.rehearsal.ecs.service import RunningService
from conducky.rehearsal.images import resource
from conducky.rehearsal.orphans import RETAINED
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.stacks.layer_stack import LayerFailedError
from conducky.repository import LAYERS
from tests.summary import count

QUIET = LayerProgress(lambda _what: None, lambda _count: None)
BOTH = {"/": 200, "/api/status": 200}
_TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
_IMAGE = "docker-build:index:Image"
STAYS = {*RETAINED, _TASK_DEFINITION}  # For a rollback, or for others


@contextmanager
def rehearsed(root: Path, stack: str = "dev", images: Path | None = None) -> Generator[Rehearsal]:
    """A rehearsal on which nothing is deployed yet. `images` keeps what it builds out of the person's cache."""
    engine = ensure_engine(lambda _line: None)
    with pytest.MonkeyPatch.context() as patch:
        if images:
            patch.setattr(resource, "cache_folder", lambda: images)
        with Rehearsal(stack, engine=engine, port=18900, progress=lambda _line: None, root=root) as rehearsal:
            yield rehearsal


def up(rehearsal: Rehearsal, *layers: str) -> dict[str, LayerResult]:
    """Bring up these layers, or all."""
    count("engine scenarios")
    return {layer: rehearsal.up(layer, QUIET) for layer in layers or LAYERS}


def refused(rehearsal: Rehearsal, *layers: str) -> str:
    """Bring up layers, the last of which fails; what was said."""
    count("engine scenarios")
    for layer in layers[:-1]:
        rehearsal.up(layer, QUIET)
    with pytest.raises((LayerFailedError, UserError)) as failed:
        rehearsal.up(layers[-1], QUIET)
    said = str(failed.value)
    assert "Traceback" not in said
    return said


def works_again(rehearsal: Rehearsal, *layers: str) -> dict[str, LayerResult]:
    """What went wrong is fixed: the same command succeeds and is in effect, and a third changes nothing."""
    done = up(rehearsal, *layers)
    assert wait_for_both(rehearsal)
    assert_released(rehearsal)
    changed = {name: result.operations for name, result in up(rehearsal, *layers).items() if result.operations}
    assert not changed, f"a third `up` still changes {changed}"
    assert_released(rehearsal)
    return done


def assert_released(rehearsal: Rehearsal) -> None:
    """ECS runs the revisions that services exports, and no others."""
    exported = rehearsal.layer("services").exports()
    for service in rehearsal.stand_ins.services.running.values():
        name = str(service.inputs["name"]).rpartition("-")[2]
        wanted = exported[f"{name}_task_definition_arn"]
        assert service.steady, f"ECS starts no more tasks for {name}"
        assert {task.revision for task in service.tasks} == {wanted}, f"{name} is another revision than was released"


def ready(rehearsal: Rehearsal) -> Rehearsal:
    """All three layers are up, whatever the test before left."""
    if len(rehearsal.stand_ins.services.running) < len(BOTH) or answers(rehearsal) != BOTH:
        up(rehearsal)
        assert wait_for_both(rehearsal)
    return rehearsal


def wait_for_both(rehearsal: Rehearsal, seconds: float = 120) -> bool:
    """Whether both applications answer by then; two good health checks make an unhealthy task a healthy one."""
    deadline = time.monotonic() + seconds
    while answers(rehearsal) != BOTH:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def running(rehearsal: Rehearsal, name: str) -> RunningService:
    """The service of one application."""
    services = rehearsal.stand_ins.services.running.values()
    return next(service for service in services if service.inputs["name"].endswith(f"-{name}"))


def change_memory(rehearsal: Rehearsal, name: str = "backend") -> None:
    """Set another size than that of the running tasks, so that the next `up` of services is a release."""
    definitions = {definition["arn"]: definition for definition in rehearsal.account.of(_TASK_DEFINITION)}
    now = definitions[running(rehearsal, name).inputs["taskDefinition"]]["memory"]
    rehearsal.layer("services").set_config(f"{name}Memory", "1024" if now != "1024" else "2048")


def answers(rehearsal: Rehearsal) -> dict[str, int]:
    """The status of a request to each application."""
    with browser(rehearsal) as client:
        return {path: client.get(path).status_code for path in ("/", "/api/status")}


def browser(rehearsal: Rehearsal) -> httpx.Client:
    """A client at the page's address that trusts the rehearsal's authority."""
    trusted = ssl.create_default_context(cafile=rehearsal.account.authority.bundle)
    return httpx.Client(base_url=rehearsal.url(), verify=trusted, timeout=10, trust_env=False)


def exports(rehearsal: Rehearsal, layer: str) -> object:
    """A layer's exports as its state file has them; asking the engine takes half a second."""
    file = rehearsal.folder.path / "state" / ".pulumi" / "stacks" / f"conducky-{layer}" / f"{rehearsal.stack}.json"
    (stack,) = (
        resource
        for resource in json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"]["resources"]
        if resource["type"] == "pulumi:pulumi:Stack"
    )
    return stack["outputs"]


def assert_state_is_what_exists(rehearsal: Rehearsal) -> None:
    """The engine knows every resource of the account and the other way round; nothing else runs."""
    known = {
        (token, ident)
        for layer in LAYERS
        for token, ident in rehearsal.layer(layer).known()
        if not token.startswith("pulumi:")
    }
    existing = {(token, ident) for token, found in rehearsal.account.resources.items() for ident in found}
    orphans = {entry for entry in existing - known if entry[0] not in STAYS}
    assert not orphans, f"no state has {orphans}"
    missing = {entry for entry in known - existing if entry[0] != _IMAGE}
    assert not missing, f"the account has no {missing}"
    tasks = [task for service in rehearsal.stand_ins.services.running.values() for task in service.tasks]
    expected = {task.process.pid for task in tasks} | {
        server._process.pid  # pyright: ignore[reportPrivateUsage] # whose else it could be
        for server in rehearsal.stand_ins.databases.servers.values()
    }
    assert _running(rehearsal) == expected


def _running(rehearsal: Rehearsal) -> set[int]:
    """The processes that the rehearsal started and that have not ended; they are children of this one."""
    started = {process.pid for process in rehearsal.folder._processes}  # pyright: ignore[reportPrivateUsage]
    alive = {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}
    return started & alive
