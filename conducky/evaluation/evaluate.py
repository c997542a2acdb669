"""What a layer's program would create: the program runs under the SDK's mocks, without an engine, in about a second.

For unit tests, guardrails, cost and policy checks. Ids, ARNs and addresses come from the rehearsal's catalog.
"""

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pulumi.runtime import mocks, set_all_config
from pulumi.runtime.settings import ROOT as ROOT_RESOURCE
from pulumi.runtime.settings import Settings
from pulumi.runtime.stack import run_in_stack

from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.environment import APPLICATION_SECRETS
from conducky.evaluation.monitor import NO_MOCKS, ProgramMonitor, Resource
from conducky.lazy_sdk import load_lazily
from conducky.naming import Place
from conducky.repository import READS, ROOT, environment, run_program, stack_config, stack_file
from conducky.secret_values import fake_secret, secret_names
from conducky.settings.offline import load_settings
from conducky.settings.schema import ALL_SETTINGS

load_lazily()

_KINDS = {kind.layer: kind for kind in ALL_SETTINGS}
T = TypeVar("T")
# The environment of a deployment; the secrets are visibly fake.
ENVIRONMENT: dict[str, str | None] = {
    "AWS_REGION": "us-east-1",
    **{name: fake_secret(name) for name in APPLICATION_SECRETS},
    "FRONTEND_BASE_URL": None,
    "CORS_ORIGIN": None,
    "NEXT_PUBLIC_API_URL": None,
}


@dataclass(frozen=True)
class Evaluation:
    """What one layer's program registers and exports."""

    layer: str
    stack: str
    resources: tuple[Resource, ...]
    exports: Properties
    secret_exports: frozenset[str]

    def of(self, token: str) -> list[Resource]:
        """The resources of one type."""
        return [resource for resource in self.resources if resource.type == token]

    def one(self, token: str, name: str | None = None) -> Resource:
        """The only resource of a type, or the one of that name. Raises LookupError when there is none, or several."""
        found = [resource for resource in self.of(token) if name in (None, resource.name)]
        if len(found) != 1:
            raise LookupError(f"{self.layer} has {len(found)} of {token} {name or ''}: {[r.name for r in found]}")
        return found[0]


def evaluate(  # noqa: PLR0913  # all but the layer are keyword-only
    layer: str,
    *,
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_config: Mapping[str, str] | None = None,
    variables: Mapping[str, str | None] | None = None,
    upstream: Mapping[str, Properties] | None = None,
    deployed: Mapping[tuple[str, str], Properties] | None = None,
    root: Path = ROOT,
) -> Evaluation:
    """Evaluate one layer's program. Raises UserError when it refuses its settings, environment or upstream exports.

    `config` and `secret_config` (as set with `--secret`) override the stack file's settings, without namespace, and
    `variables` override `ENVIRONMENT`; None removes one. `upstream` are exports by layer; unless given, the layers
    below are evaluated first. `deployed` is what the stack's state has already: outputs by type token and name.
    """
    stored = stack_config(stack_file(layer, stack, root))
    settings = {key: value for key, value in stored.items() if value is not None}
    if hidden := stored.keys() - settings:  # The program cannot tell, for it does not get them
        load_settings(_KINDS[layer], stack, settings, hidden=hidden)
    settings |= _in_namespace(layer, config or {}) | _in_namespace(layer, secret_config or {})
    secret_keys = [*_in_namespace(layer, secret_config or {})]
    if upstream is None:
        common = {key: value for key, value in (config or {}).items() if key == "projectName"}
        below = READS[layer]
        upstream = {
            lower: evaluate(lower, stack=stack, config=common, variables=variables, root=root).exports
            for lower in below
        }
    fakes = {name: fake_secret(name) for name in (secret_names(settings) if layer == "services" else ())}
    merged = {**fakes, **ENVIRONMENT, **(variables or {})}
    monitor = ProgramMonitor(Place(merged.get("AWS_REGION") or "us-east-1", ACCOUNT_ID), upstream, deployed or {})
    # A thread of its own: the caller may be inside an event loop, and a thread can run only one.
    with environment(merged), ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(contextvars.Context().run, _run, layer, stack, settings, secret_keys, monitor, root).result()
    return Evaluation(layer, stack, tuple(monitor.registered), monitor.exports, frozenset(monitor.secret_exports))


class _AtOnce(ThreadPoolExecutor):
    """Calls where it is asked to: the monitor answers from memory, and to hand a call to a thread takes longer."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # for the one who waits
            future.set_exception(error)
        return future


def _say_nothing(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    pass


def _in_namespace(layer: str, config: Mapping[str, str]) -> dict[str, str]:
    return {key if ":" in key else f"conducky-{layer}:{key}": value for key, value in config.items()}


def _run(
    layer: str, stack: str, settings: dict[str, str], secret_keys: list[str], monitor: ProgramMonitor, root: Path
) -> None:
    """Run the program as the SDK's own runner does, in a context and an event loop of its own.

    The context begins empty, because a copy would share the caller's pending outputs and wait for a loop that may
    never run; creating `Settings` fills it. `set_mocks` would start a root stack outside that loop, whose pending call
    can crash later imports; a stand-in root prevents that.
    """
    Settings(f"conducky-{layer}", stack)
    ROOT_RESOURCE.set(object())  # pyright: ignore[reportArgumentType]
    mocks.set_mocks(
        NO_MOCKS,
        project=f"conducky-{layer}",
        stack=stack,
        preview=False,
        monitor=monitor,
        organization="organization",
    )
    ROOT_RESOURCE.set(None)
    set_all_config(settings, secret_keys)
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_AtOnce())
    tasks: list[asyncio.Task[Any]] = []

    def begin(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        task = asyncio.Task(work, loop=loop, **options)
        tasks.append(task)
        return task

    loop.set_task_factory(begin)
    try:
        loop.run_until_complete(run_in_stack(lambda: run_program(layer, root)))
    except BaseException:  # A program that ends has no task left
        loop.set_exception_handler(_say_nothing)  # The error is raised: what waited for it does not repeat it
        for task in tasks:  # asyncio's own list has those of all loops, also of earlier ones
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        raise
    finally:
        loop.close()
