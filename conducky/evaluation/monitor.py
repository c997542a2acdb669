"""The engine's side of a program under mocks: records what it registers, and answers from the rehearsal's catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from conducky.catalog import lookups, property_bag
from conducky.catalog.outputs import digits
from conducky.catalog.property_bag import Properties
from conducky.catalog.types import CATALOG, REFUSED
from conducky.naming import Place

NO_MOCKS = cast("mocks.Mocks", None)  # nothing asks them: the monitor answers every request itself
_STACK = "pulumi:pulumi:Stack"
_REFERENCE = "pulumi:pulumi:StackReference"


@dataclass(frozen=True)
class Resource:
    """One registered resource, with the options that matter. `inputs` are plain; `secret_inputs` were secret."""

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
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    timeouts: Mapping[str, str]


class _UnknownStackError(grpc.RpcError):
    """The engine's answer for a stack that does not exist, in the form that the SDK handles."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self._reference = reference

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return f'unknown stack "{self._reference}"'


class ProgramMonitor(mocks.MockMonitor):
    """Records what a program registers, and answers as the rehearsal's provider would."""

    def __init__(
        self, place: Place, upstream: Mapping[str, Properties], deployed: Mapping[tuple[str, str], Properties]
    ) -> None:
        super().__init__(NO_MOCKS)
        self._deployed: Properties = {
            f"urn:pulumi:::::{token}::{name}": {"type": token, "outputs": outputs}
            for (token, name), outputs in deployed.items()
        }
        self._place = place
        self._upstream = upstream
        self.registered: list[Resource] = []
        self.exports: Properties = {}
        self.secret_exports: set[str] = set()

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802
        """Answer a lookup, or return the outputs of a layer below."""
        arguments: Properties = property_bag.plain(property_bag.read(request.args))
        if request.tok == "pulumi:pulumi:readStackOutputs":
            result: Properties | None = {"outputs": self._outputs_of(arguments["name"]), "name": arguments["name"]}
        elif request.tok == "pulumi:pulumi:readStackResourceOutputs":
            result = {"outputs": self._deployed, "stackName": arguments["stackName"]}
        else:
            result = lookups.answer(request.tok, arguments, self._place)
        if result is None:
            raise NotImplementedError(lookups.UNANSWERED.format(token=request.tok))
        return resource_pb2.ResourceInvokeResponse(**{"return": property_bag.write(result)})  # pyright: ignore[reportArgumentType]

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802
        """Record a resource, and add what AWS would add."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        wrapped = property_bag.read(request.object)
        inputs: Properties = property_bag.plain(wrapped)
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
                outputs=property_bag.plain({**inputs, **outputs}),
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                depends_on=tuple(request.dependencies),
                ignore_changes=tuple(request.ignoreChanges),
                replace_on_changes=tuple(request.replaceOnChanges),
                timeouts={
                    phase: text
                    for phase in ("create", "update", "delete")
                    if (text := getattr(request.customTimeouts, phase))
                },
            )
        )
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=ident, object=property_bag.write({**wrapped, **outputs})
        )

    def ReadResource(self, request: Any) -> Any:  # noqa: ANN401, N802
        """Return a StackReference; the programs read nothing else."""
        if request.type != _REFERENCE:
            raise NotImplementedError(f"the programs read no {request.type}")
        name: str = request.id
        state: Properties = {"name": name, "outputs": self._outputs_of(name), "secretOutputNames": []}
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=property_bag.write(state))

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:  # noqa: ANN401, N802
        """Record the stack's exports."""
        if f"::{_STACK}::" in request.urn:
            outputs = property_bag.read(request.outputs)
            self.exports = property_bag.plain(outputs)
            self.secret_exports = {name for name, value in outputs.items() if property_bag.is_secret(value)}
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
        secrets = {key: property_bag.secret(made.outputs[key]) for key in kind.secrets & made.outputs.keys()}
        return made.id, {**automatic, **made.outputs, **secrets}


def _secret_names(properties: Properties) -> set[str]:
    """The properties that are secret, or contain a secret."""

    def holds(value: Any) -> bool:  # noqa: ANN401
        if property_bag.is_secret(value):
            return True
        if isinstance(value, dict):
            return any(holds(item) for item in value.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return isinstance(value, list) and any(holds(item) for item in value)  # pyright: ignore[reportUnknownVariableType]

    return {name for name, value in properties.items() if holds(value)}
