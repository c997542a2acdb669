"""Calls the rehearsal's provider over gRPC as the engine does, in the same order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

import grpc
import psutil
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as rpc

from conducky.catalog import property_bag
from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Account
from conducky.rehearsal.handlers import StandIns
from conducky.rehearsal.provider import Provider, serve

T = TypeVar("T")


class RefusedError(Exception):
    """The provider refused; the message is what the engine would show, `kept` what it would store all the same."""

    def __init__(self, message: str, kept: pb.ErrorResourceInitFailed | None = None) -> None:
        super().__init__("\n".join(kept.reasons) if kept else message)
        self.kept = kept


@dataclass
class Resource:
    """A resource as the engine's state holds it: checked inputs and outputs, secrets wrapped."""

    token: str
    name: str
    id: str
    inputs: Properties
    outputs: Properties

    def __getitem__(self, output: str) -> Any:  # noqa: ANN401
        return property_bag.plain(self.outputs[output])


class _Connection:
    """To a server of one provider after another: to start a server for each takes longer than many a test."""

    idle: ClassVar[list["_Connection"]] = []

    def __init__(self) -> None:
        self.provider: Provider | None = None
        self._server, port = serve(cast("Provider", self), lambda: [psutil.Process()])
        self.stub: Any = rpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))

    def __getattr__(self, method: str) -> Any:  # noqa: ANN401
        def call(request: Any, context: Any) -> Any:  # noqa: ANN401  # gRPC's types
            return getattr(self.provider, method)(request, context)

        return call


class Client:
    """The engine's side of one provider for `account`."""

    def __init__(self, account: Account, layer: str = "services") -> None:
        self.account = account
        self.stand_ins = StandIns(account, port=18080)
        self.stand_ins.load_balancers.server.start()
        self._layer = layer
        self.provider = Provider(account, self.stand_ins.handlers())
        self._connection = _Connection.idle.pop() if _Connection.idle else _Connection()
        self._connection.provider = self.provider
        self._stub = self._connection.stub

    def close(self) -> None:
        """Leave the connection to the next client, and end the server of the load balancers."""
        _Connection.idle.append(self._connection)
        self.account.stopping.set()
        self.stand_ins.load_balancers.server.stop()

    def configure(self) -> pb.ConfigureResponse:
        """What the provider says it can do."""
        return self._called(lambda: self._stub.Configure(pb.ConfigureRequest()))

    def check(
        self, token: str, name: str, inputs: Properties, olds: Properties | None = None, seed: bytes = b""
    ) -> pb.CheckResponse:
        """Complete and judge inputs; `seed` is new for a replacement, as the engine's is."""
        request = pb.CheckRequest(
            urn=self.urn(token, name),
            name=name,
            type=token,
            olds=property_bag.write(olds or {}),
            news=property_bag.write(inputs),
            randomSeed=seed,
        )
        return self._called(lambda: self._stub.Check(request))

    def problems(self, token: str, inputs: Properties) -> list[str]:
        """What a check finds wrong, as `property: reason`."""
        return [f"{failure.property}: {failure.reason}" for failure in self.check(token, "thing", inputs).failures]

    def create(
        self, token: str, name: str, inputs: Properties, *, preview: bool = False, seed: bytes = b""
    ) -> Resource:
        """Create a resource, or in a preview show what it would be."""
        checked = self._checked(token, name, inputs, seed=seed)
        request = pb.CreateRequest(
            urn=self.urn(token, name), name=name, type=token, properties=property_bag.write(checked), preview=preview
        )
        made = self._called(lambda: self._stub.Create(request))
        return Resource(token, name, made.id, checked, property_bag.read(made.properties))

    def diff(self, resource: Resource, inputs: Properties) -> pb.DiffResponse:
        """What a change of the inputs would do."""
        request = pb.DiffRequest(
            id=resource.id,
            urn=self.urn(resource.token, resource.name),
            name=resource.name,
            type=resource.token,
            olds=property_bag.write(resource.outputs),
            old_inputs=property_bag.write(resource.inputs),
            news=property_bag.write(self._checked(resource.token, resource.name, inputs, resource.inputs)),
        )
        return self._called(lambda: self._stub.Diff(request))

    def update(self, resource: Resource, inputs: Properties, *, preview: bool = False) -> Resource:
        """Change a resource in place; gives the result."""
        checked = self._checked(resource.token, resource.name, inputs, resource.inputs)
        request = pb.UpdateRequest(
            id=resource.id,
            urn=self.urn(resource.token, resource.name),
            name=resource.name,
            type=resource.token,
            olds=property_bag.write(resource.outputs),
            old_inputs=property_bag.write(resource.inputs),
            news=property_bag.write(checked),
            preview=preview,
        )
        changed = self._called(lambda: self._stub.Update(request))
        return Resource(resource.token, resource.name, resource.id, checked, property_bag.read(changed.properties))

    def exists(self, resource: Resource) -> bool:
        """Whether a refresh finds the resource."""
        return bool(self._read(resource).id)

    def refresh(self, resource: Resource) -> Resource:
        """The resource as a refresh finds it."""
        found = self._read(resource)
        inputs, outputs = property_bag.read(found.inputs), property_bag.read(found.properties)
        return Resource(resource.token, resource.name, resource.id, inputs, outputs)

    def imported(self, token: str, ident: str) -> Resource:
        """The resource of an id as `pulumi import` finds it, which knows nothing else."""
        found = self._read(Resource(token, "thing", ident, {}, {}))
        return Resource(token, "thing", found.id, property_bag.read(found.inputs), property_bag.read(found.properties))

    def _read(self, resource: Resource) -> Any:  # noqa: ANN401
        request = pb.ReadRequest(
            id=resource.id,
            urn=self.urn(resource.token, resource.name),
            type=resource.token,
            properties=property_bag.write(resource.outputs),
            inputs=property_bag.write(resource.inputs),
        )
        return self._called(lambda: self._stub.Read(request))

    def delete(self, resource: Resource) -> None:
        """Remove a resource."""
        request = pb.DeleteRequest(
            id=resource.id,
            urn=self.urn(resource.token, resource.name),
            name=resource.name,
            type=resource.token,
            properties=property_bag.write(resource.outputs),
            old_inputs=property_bag.write(resource.inputs),
        )
        self._called(lambda: self._stub.Delete(request))

    def invoke(self, token: str, arguments: Properties | None = None) -> Properties:
        """Ask a question such as `aws.ec2.get_vpcs`."""
        answer = self._called(
            lambda: self._stub.Invoke(pb.InvokeRequest(tok=token, args=property_bag.write(arguments or {})))
        )
        return property_bag.plain(property_bag.read(getattr(answer, "return")))

    def urn(self, token: str, name: str) -> str:
        """The name under which the engine knows a resource."""
        return f"urn:pulumi:dev::conducky-{self._layer}::{token}::{name}"

    def _checked(
        self, token: str, name: str, inputs: Properties, olds: Properties | None = None, seed: bytes = b""
    ) -> Properties:
        answer = self.check(token, name, inputs, olds, seed)
        if answer.failures:
            raise RefusedError("; ".join(f"{failure.property}: {failure.reason}" for failure in answer.failures))
        return property_bag.read(answer.inputs)

    def _called(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except grpc.RpcError as error:
            details: Any = error
            metadata: dict[str, bytes] = dict(details.trailing_metadata() or ())
            raise RefusedError(str(details.details()), kept(metadata.get("grpc-status-details-bin"))) from None


def kept(status: bytes | None) -> pb.ErrorResourceInitFailed | None:
    """What the engine keeps of a partial failure: the details of a google.rpc.Status."""
    if status is None:
        return None
    detail = pb.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(status).details[0].Unpack(detail)
    return detail
