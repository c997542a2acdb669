"""What a layer's program would create, without an engine: evaluated under the SDK's mocks in about a second.

For unit tests, guardrails, cost and policy checks. Ids, ARNs and addresses are those of the rehearsal's catalogue.
"""

import asyncio
import contextvars
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, set_all_config
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT as ROOT_RESOURCE
from pulumi.runtime.stack import run_in_stack

from conducky.layers import LAYERS, ROOT, environment, read_stack_file, run_program, stack_file
from conducky.rehearsal import lookups, wire
from conducky.rehearsal.catalog import CATALOG, REFUSED
from conducky.rehearsal.resource_type import Place, digits
from conducky.rehearsal.wire import Properties

_STACK = "pulumi:pulumi:Stack"
_REFERENCE = "pulumi:pulumi:StackReference"

# What a deployment needs in its environment; the secrets are visibly fake.
ENVIRONMENT: dict[str, str | None] = {
    "AWS_REGION": "us-east-1",
    "JWT_SECRET": "fake-jwt-secret-for-tests-only-0123456789",
    "SESSION_SECRET": "fake-session-secret-for-tests-only-0123456789",
    "FRONTEND_BASE_URL": None,
    "CORS_ORIGIN": None,
    "NEXT_PUBLIC_API_URL": None,
}


@dataclass(frozen=True)
class Resource:
    """One registered resource, with the options that matter. `inputs` are plain; `secret_inputs` came wrapped."""

    type: str
    name: str
    urn: str
    parent: str
    custom: bool
    inputs: Properties
    secret_inputs: frozenset[str]
    outputs: Properties
    protect: bool
    retain_on_delete: bool
    depends_on: tuple[str, ...]
    timeouts: Mapping[str, str]


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
        """The only resource of a type, or the one of that name.

        Raises:
            LookupError: there is none, or there are several.
        """
        found = [resource for resource in self.of(token) if name in (None, resource.name)]
        if len(found) != 1:
            raise LookupError(f"{self.layer} has {len(found)} of {token} {name or ''}: {[r.name for r in found]}")
        return found[0]


def evaluate(
    layer: str,
    *,
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_config: Mapping[str, str] | None = None,
    variables: Mapping[str, str | None] | None = None,
    upstream: Mapping[str, Properties] | None = None,
    root: Path = ROOT,
) -> Evaluation:
    """Evaluate one layer's program.

    Args:
        layer: bootstrap, platform or services.
        stack: whose settings to use, from `Pulumi.<stack>.yaml`.
        config: further settings, without namespace; they win over the file's.
        secret_config: the same for settings made with `--secret`.
        variables: environment variables that differ from `ENVIRONMENT`; None unsets one.
        upstream: exports by layer. Where a layer below is not given, it is evaluated first.
        root: the repository.

    Raises:
        UserError: whatever the program refuses.
    """
    settings = read_stack_file(stack_file(layer, stack, root))
    settings |= _in_namespace(layer, config or {}) | _in_namespace(layer, secret_config or {})
    secret_keys = [*_in_namespace(layer, secret_config or {})]
    if upstream is None:
        common = {key: value for key, value in (config or {}).items() if key == "projectName"}
        below = LAYERS[:2] if layer == "services" else ()
        upstream = {
            lower: evaluate(lower, stack=stack, config=common, variables=variables, root=root).exports
            for lower in below
        }
    merged = {**ENVIRONMENT, **(variables or {})}
    monitor = _Monitor(Place(merged.get("AWS_REGION") or "us-east-1"), upstream)
    with environment(merged):
        contextvars.copy_context().run(_run, layer, stack, settings, secret_keys, monitor, root)
    return Evaluation(layer, stack, tuple(monitor.registered), monitor.exports, frozenset(monitor.secret_exports))


def _in_namespace(layer: str, config: Mapping[str, str]) -> dict[str, str]:
    return {key if ":" in key else f"conducky-{layer}:{key}": value for key, value in config.items()}


def _run(
    layer: str, stack: str, settings: dict[str, str], secret_keys: list[str], monitor: "_Monitor", root: Path
) -> None:
    """As the SDK's own runner does it, in a context and an event loop of its own.

    `set_mocks` would start a root stack outside that loop, whose pending call can crash later imports; a stand-in root
    keeps it from doing so.
    """
    ROOT_RESOURCE.set(object())  # pyright: ignore[reportArgumentType]
    mocks.set_mocks(
        monitor.mocks,
        project=f"conducky-{layer}",
        stack=stack,
        preview=False,
        monitor=monitor,
        organization="organization",
    )
    ROOT_RESOURCE.set(None)
    set_all_config(settings, secret_keys)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(run_in_stack(lambda: run_program(layer, root)))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


class _NoMocks(mocks.Mocks):
    """The monitor answers by itself."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise NotImplementedError(args.typ)


class _UnknownStackError(grpc.RpcError):
    """The engine's answer for a stack that does not exist, in the form in which the SDK handles it."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self._reference = reference

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return f'unknown stack "{self._reference}"'


class _Monitor(mocks.MockMonitor):
    """Notes what a program registers, and answers as the rehearsal's provider would."""

    def __init__(self, place: Place, upstream: Mapping[str, Properties]) -> None:
        super().__init__(_NoMocks())
        self._place = place
        self._upstream = upstream
        self.registered: list[Resource] = []
        self.exports: Properties = {}
        self.secret_exports: set[str] = set()

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802
        arguments: Properties = wire.plain(wire.read(request.args))
        if request.tok == "pulumi:pulumi:readStackOutputs":
            result: Properties | None = {"outputs": self._outputs_of(arguments["name"]), "name": arguments["name"]}
        else:
            result = lookups.answer(request.tok, arguments, self._place)
        if result is None:
            raise NotImplementedError(lookups.UNANSWERED.format(token=request.tok))
        return resource_pb2.ResourceInvokeResponse(**{"return": wire.write(result)})  # pyright: ignore[reportArgumentType]

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        wrapped = wire.read(request.object)
        inputs: Properties = wire.plain(wrapped)
        ident, outputs = self._made(request.type, request.name, urn, inputs) if request.custom else ("", {})
        self.registered.append(
            Resource(
                type=request.type,
                name=request.name,
                urn=urn,
                parent=request.parent,
                custom=request.custom,
                inputs=inputs,
                secret_inputs=frozenset(_secret_names(wrapped)),
                outputs=wire.plain({**inputs, **outputs}),
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                depends_on=tuple(request.dependencies),
                timeouts={
                    phase: text
                    for phase in ("create", "update", "delete")
                    if (text := getattr(request.customTimeouts, phase))
                },
            )
        )
        return resource_pb2.RegisterResourceResponse(urn=urn, id=ident, object=wire.write({**wrapped, **outputs}))

    def ReadResource(self, request: Any) -> Any:  # noqa: ANN401, N802
        """A StackReference; the programs read nothing else."""
        if request.type != _REFERENCE:
            raise NotImplementedError(f"the programs read no {request.type}")
        name: str = request.id
        state: Properties = {"name": name, "outputs": self._outputs_of(name), "secretOutputNames": []}
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=wire.write(state))

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:  # noqa: ANN401, N802
        if f"::{_STACK}::" in request.urn:
            outputs = wire.read(request.outputs)
            self.exports = wire.plain(outputs)
            self.secret_exports = {name for name, value in outputs.items() if wire.is_secret(value)}
        return empty_pb2.Empty()

    def _outputs_of(self, reference: str) -> Properties:
        """The exports behind `organization/conducky-<layer>/<stack>`."""
        layer = reference.split("/")[1].removeprefix("conducky-")
        if layer not in self._upstream:
            raise _UnknownStackError(reference)
        return self._upstream[layer]

    def _made(self, token: str, name: str, urn: str, inputs: Properties) -> tuple[str, Properties]:
        kind = CATALOG.get(token)
        if kind is None:
            raise NotImplementedError(REFUSED.format(token=token))
        automatic: Properties = {}
        if kind.name and not inputs.get(kind.name.property):
            automatic[kind.name.property] = f"{name}-{digits(urn, 7)}"
        if problems := kind.problems({**inputs, **automatic}):
            raise ValueError(f"{name}: {'; '.join(f'{prop} {reason}'.strip() for prop, reason in problems)}")
        made = kind.make({**inputs, **automatic}, self._place, urn)
        secrets = {key: wire.secret(made.outputs[key]) for key in kind.secrets & made.outputs.keys()}
        return made.id, {**automatic, **made.outputs, **secrets}


def _secret_names(properties: Properties) -> set[str]:
    """The properties that are wrapped, or hold something that is."""

    def holds(value: Any) -> bool:  # noqa: ANN401
        if wire.is_secret(value):
            return True
        if isinstance(value, dict):
            return any(holds(item) for item in value.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return isinstance(value, list) and any(holds(item) for item in value)  # pyright: ignore[reportUnknownVariableType]

    return {name for name, value in properties.items() if holds(value)}
