"""One Pulumi provider in the place of aws, random and docker-build.

The engine calls it as it calls the real providers (check, diff, create, update, read, delete). The catalog knows every
type, and handlers act for the few that do something. Order, dependencies, secrets and state stay the engine's. It is
written on gRPC, because `pulumi.provider.experimental` ends every error in a traceback.
"""

from collections import Counter
from collections.abc import Callable, Generator
from concurrent import futures
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as rpc

from conducky.catalog import lookups, property_bag
from conducky.catalog.outputs import digits
from conducky.catalog.property_bag import UNKNOWN, Properties
from conducky.catalog.read_back import seen
from conducky.catalog.resource_type import ResourceType
from conducky.catalog.types import CATALOG, REFUSED
from conducky.errors import UserError
from conducky.rehearsal import reading
from conducky.rehearsal.account import Account, NotSteadyError, Request, ResourceFailedError
from conducky.rehearsal.callers import CallersOnly, Processes
from conducky.rehearsal.handlers import Handler
from conducky.rehearsal.orphans import OperationCount
from conducky.rehearsal.partial_failure import PartialFailureError
from conducky.rehearsal.references import require_unused

PACKAGES = ("aws", "docker-build", "random")
_TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
_AUTOMATIC = "__defaults"  # Where the real providers record the names that they chose themselves


class Provider(rpc.ResourceProviderServicer):
    """Serves the packages from one account."""

    def __init__(self, account: Account, handlers: dict[str, Handler]) -> None:
        self._account = account
        self._handlers = handlers
        self._creations: Counter[str] = Counter()
        self.operations = OperationCount()
        # For tests of a cloud that refuses: called before each operation ("create", "update", "delete") with the type
        # and the name of the resource, it may return a reason to refuse.
        self.refuse: Callable[[str, str, str], str | None] = lambda _operation, _token, _name: None

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """The engine is connected."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """A version newer than any that a program could require."""
        return plugin_pb2.PluginInfo(version="999.0.0")

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """The engine needs none."""
        return pb.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """Take the settings of an explicit provider as they are."""
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """No setting of a provider matters here."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """What this provider can do: keep secrets wrapped, and answer previews."""
        return pb.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """Nothing: the engine calls it after every operation, and an interrupted rehearsal stops the account."""
        return empty_pb2.Empty()

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """Complete the inputs with an automatic name, and refuse what AWS would."""
        kind = self._kind(request, context)
        olds, news = property_bag.read(request.olds), property_bag.read(request.news)
        if kind.name and not news.get(kind.name.property):
            kept = olds.get(kind.name.property) if olds.get(_AUTOMATIC) else None
            news[kind.name.property] = kept or f"{request.name}-{digits(self._seed(request.urn), 7)}"
            news[_AUTOMATIC] = [kind.name.property]
        news = kind.completed(news)
        failures = [
            pb.CheckFailure(property=prop, reason=reason) for prop, reason in kind.problems(property_bag.plain(news))
        ]
        return pb.CheckResponse(inputs=property_bag.write(news), failures=failures)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """What changed, and which of it cannot be changed in place."""
        kind = self._kind(request, context)
        inputs, state, wanted = (
            property_bag.plain(property_bag.read(bag)) for bag in (request.old_inputs, request.olds, request.news)
        )
        # As the real providers: the state, which AWS answered, and not what the program said before.
        read: Properties = seen(state, inputs, wanted)
        old, new = {**inputs, **read}, wanted
        changed = kind.differing(old, new) - kind.ignores - {*request.ignoreChanges, _AUTOMATIC}
        replaces = kind.replacing(changed)
        detail = {
            name: pb.PropertyDiff(
                kind=pb.PropertyDiff.Kind.Value(_verb(name, old, new) + ("_REPLACE" if name in replaces else "")),
                inputDiff=True,
            )
            for name in changed
        }
        fixed = kind.name and not property_bag.read(request.news).get(_AUTOMATIC) and kind.name.property not in changed
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
            replaces=replaces,
            diffs=sorted(changed),
            detailedDiff=detail,
            hasDetailedDiff=True,
            # Two resources with one fixed name cannot exist at the same time.
            deleteBeforeReplace=bool(fixed) or kind.single,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """Create a resource, or in a preview name the outputs that are not known yet."""
        kind = self._kind(request, context)
        wrapped = property_bag.read(request.properties)
        inputs: Properties = property_bag.plain(wrapped)
        if request.preview:
            return pb.CreateResponse(
                id="", properties=property_bag.write({**dict.fromkeys(kind.outputs, UNKNOWN), **wrapped})
            )
        with self._reported(context, "create", request.urn):
            made = kind.make(inputs, self._account.place, self._seed(request.urn))
            if taken := kind.refusal(inputs, self._account.of(request.type), self._account.place.account_id):
                raise ResourceFailedError(taken)
            self._creations[request.urn] += 1
            call = Request(request.type, request.urn, request.name, inputs, {**inputs, **made.outputs})
            added, failed = self._attempt(request.type, lambda handler: handler.create(call))
            outputs = {**made.outputs, **added}
            # Each revision of a family has an id of its own, as all stay active
            ident = str(outputs["arn"]) if request.type == _TASK_DEFINITION else made.id
            properties = self._done(request, ident, wrapped, outputs, failed)
            return pb.CreateResponse(id=ident, properties=properties)
        raise AssertionError  # _reported ends the call

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """Change a resource in place."""
        kind = self._kind(request, context)
        olds, news = property_bag.read(request.olds), property_bag.read(request.news)
        kept = {name: value for name, value in olds.items() if name not in property_bag.read(request.old_inputs)}
        if request.preview:
            return pb.UpdateResponse(
                properties=property_bag.write({**kept, **dict.fromkeys(kind.moving, UNKNOWN), **news})
            )
        # What the program ignores stays as AWS has it.
        news |= {name: olds[name] for name in request.ignoreChanges if name in olds}
        inputs: Properties = property_bag.plain(news)
        with self._reported(context, "update", request.urn):
            call = Request(request.type, request.urn, request.name, inputs, property_bag.plain(olds))
            changed, failed = self._attempt(request.type, lambda handler: handler.update(call))
            outputs = {name: value for name, value in kept.items() if name not in news} | changed
            return pb.UpdateResponse(properties=self._done(request, request.id, news, outputs, failed))
        raise AssertionError  # _reported ends the call

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """Refresh or import: what is there, or nothing when it is gone."""
        kind = self._kind(request, context)
        there = reading.find(kind, self._account.resources.get(request.type, {}), request.id)
        state: Properties = property_bag.plain(property_bag.read(request.properties))
        if there is None or not self._handlers.get(request.type, Handler()).is_there(state or there[1]):
            return pb.ReadResponse()
        ident, found = there
        if state:
            inputs, outputs = (reading.refreshed(kind, found, bag) for bag in (request.inputs, request.properties))
        else:
            inputs, outputs = map(property_bag.write, reading.imported(kind, found))
        return pb.ReadResponse(id=ident, properties=outputs, inputs=inputs)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """Remove a resource."""
        with self._reported(context, "delete", request.urn):
            outputs: Properties = property_bag.plain(property_bag.read(request.properties))
            name = request.urn.rpartition("::")[2]
            call = Request(request.type, request.urn, name, outputs, outputs)
            require_unused(self._account, self._kind(request, context), {**outputs, "id": request.id})
            self._account.check_stop()
            if handler := self._handlers.get(request.type):
                handler.delete(call)
            if not outputs.get("skipDestroy"):  # A task definition that stays, for tasks of it may have to start
                self._account.forget(request.type, request.id)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, N802
        """Answer a question such as `aws.ec2.get_vpcs`."""
        arguments: Properties = property_bag.plain(property_bag.read(request.args))
        own = self._account.lookups.get(request.tok)
        result = own(arguments) if own else lookups.answer(request.tok, arguments, self._account.place)
        if result is None:
            _refuse(context, lookups.UNANSWERED.format(token=request.tok))
        return pb.InvokeResponse(**{"return": property_bag.write({**arguments, **result})})  # pyright: ignore[reportArgumentType]

    def _seed(self, urn: str) -> str:
        """Where the random digits of the resource's next creation come from.

        The same in every rehearsal, because a load balancer's name goes into an image; but another for each
        replacement, which the engine creates before it deletes what it replaces.
        """
        return f"{urn} {self._creations[urn]}"

    def _kind(self, request: Any, context: grpc.ServicerContext) -> ResourceType:  # noqa: ANN401
        kind = CATALOG.get(request.type)
        return kind or _refuse(context, REFUSED.format(token=request.type))

    def _attempt(
        self, token: str, operation: Callable[[Handler], Properties]
    ) -> tuple[Properties, NotSteadyError | None]:
        """What the handler answers, or what failed after AWS had begun."""
        self._account.check_stop()
        handler = self._handlers.get(token)
        try:
            return operation(handler) if handler else {}, None
        except NotSteadyError as error:
            return {}, error

    def _done(
        self,
        request: Any,  # noqa: ANN401
        ident: str,
        wrapped: Properties,
        outputs: Properties,
        failed: NotSteadyError | None,
    ) -> struct_pb2.Struct:
        """Remember a resource as AWS has it now, and give its state to the engine: inputs, and outputs beside them."""
        kind = CATALOG[request.type]
        actual = failed.actual if failed else {}
        known: Properties = property_bag.plain({**wrapped, **outputs, **actual})
        self._account.remember(request.type, ident, {**kind.read_back(known), "id": ident})
        properties = reading.with_secrets(kind, {**kind.read_back(wrapped), **outputs})
        if failed:
            raise PartialFailureError(ident, properties, wrapped, self._account.redact(str(failed)))
        return property_bag.write(properties)

    @contextmanager
    def _reported(self, context: grpc.ServicerContext, operation: str, urn: str) -> Generator[None]:
        """Report a failure to the engine as a message without secrets."""
        *_, token, name = urn.split("::")
        with self.operations.one():
            if reason := self.refuse(operation, token.rpartition("$")[2], name):
                _refuse(context, reason)
            try:
                yield
            except PartialFailureError as failure:
                failure.abort(context)
            except UserError as error:
                _refuse(context, self._account.redact(str(error)))
            except Exception as error:
                message = f"internal error of the rehearsal: {type(error).__name__}: {error}"
                _refuse(context, self._account.redact(message))
                raise


def serve(provider: Provider, callers: Processes) -> tuple[grpc.Server, int]:
    """Start serving `callers` on a free local port; returns the server and the port."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), interceptors=[CallersOnly(callers)])
    rpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _refuse(context: grpc.ServicerContext, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError  # abort does not return


def _verb(name: str, old: Properties, new: Properties) -> str:
    return "UPDATE" if name in old and name in new else "ADD" if name in new else "DELETE"
