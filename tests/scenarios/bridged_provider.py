"""ECS behind a provider that answers the engine as pulumi-aws does: a failed wait keeps the new state.

https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/provider.go (`ErrorResourceInitFailed`)
https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go (resourceServiceUpdate)
"""

from collections.abc import Generator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Never

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

WHY = "waiting for ECS Service: deployment failed: tasks failed to start"
PLANNED = ("definition", "count", "trigger")


@dataclass
class Ecs:
    """The one service. `runs` is None where no task was ever started; `broken` lets deployments fail."""

    broken: bool = False
    exists: bool = False
    definition: str = ""  # the service's own, as a refresh reads it
    count: int = 0
    runs: tuple[str, int] | None = None
    calls: list[str] = field(default_factory=list[str])

    def deploy(self, call: str, definition: str, count: int) -> bool:
        """Start a deployment and wait for it; a failed one is rolled back, if there is something to go back to."""
        self.calls.append(f"{call} {definition} x{count}")
        self.exists, self.count = True, count
        if not self.broken:
            self.definition, self.runs = definition, (definition, count)
        elif self.runs is None:
            self.definition = definition
        return not self.broken


class BridgedProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers for `fake:index:Service`; properties are `definition`, `count` and `trigger`."""

    def __init__(self, ecs: Ecs) -> None:
        self._ecs = ecs

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        """The old outputs against the new inputs."""
        changed = _changed(request)
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, diffs=changed)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        given = dict(request.properties)
        if not request.preview and not self._ecs.deploy("CreateService", given["definition"], int(given["count"])):
            _init_failed(context, given)
        return provider_pb2.CreateResponse(id="service", properties=request.properties)

    def Read(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        """Of the service, never of its deployments. The trigger is not AWS's, so it stays as it was."""
        found = {**dict(request.properties), "definition": self._ecs.definition, "count": self._ecs.count}
        return provider_pb2.ReadResponse(id="service", properties=_struct(found), inputs=request.inputs)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        """Without a difference neither a call nor a wait; with one, the call names only what differs."""
        given, changed = dict(request.news), _changed(request)
        if request.preview or not changed:
            return provider_pb2.UpdateResponse(properties=request.news)
        definition = given["definition"] if "definition" in changed else self._ecs.definition
        if not self._ecs.deploy("UpdateService", definition, int(given["count"])):
            _init_failed(context, given)
        return provider_pb2.UpdateResponse(properties=_struct({**given, "definition": self._ecs.definition}))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return empty_pb2.Empty()


@contextmanager
def served(ecs: Ecs) -> Generator[int]:
    """The provider; the port that it answers at, for PULUMI_DEBUG_PROVIDERS."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(BridgedProvider(ecs), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()


def _changed(request: Any) -> list[str]:  # noqa: ANN401
    old, new = dict(request.olds), dict(request.news)
    return [name for name in PLANNED if old.get(name) != new.get(name)]


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def _init_failed(context: Any, planned: dict[str, Any]) -> Never:  # noqa: ANN401
    """End the call with the details from which the engine keeps the planned state, in gRPC's encoding of a status."""
    detail = provider_pb2.ErrorResourceInitFailed(id="service", reasons=[WHY])
    detail.properties.update(planned)
    detail.inputs.update(planned)
    packed = _field(1, b"type.googleapis.com/pulumirpc.ErrorResourceInitFailed") + _field(2, detail.SerializeToString())
    status = _varint(1 << 3) + _varint(2) + _field(2, WHY.encode()) + _field(3, packed)
    context.set_trailing_metadata((("grpc-status-details-bin", status),))
    context.abort(grpc.StatusCode.UNKNOWN, WHY)
    raise AssertionError


def _varint(number: int) -> bytes:
    written = b""
    while True:
        low, number = number & 0x7F, number >> 7
        written += bytes([low | (0x80 if number else 0)])
        if not number:
            return written


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content
