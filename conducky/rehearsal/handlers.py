"""The resources that do something on this machine; all others need only what the catalogue answers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conducky.cache import cache_folder
from conducky.catalog.property_bag import Properties, bag, bags
from conducky.images.context import context_digest
from conducky.rehearsal.account import Machine, Request, ResourceFailedError
from conducky.rehearsal.ecs.service import Services
from conducky.rehearsal.images.build import build_image
from conducky.rehearsal.images.node import MAJOR
from conducky.rehearsal.images.prisma_engine import prisma_engine, uses_prisma
from conducky.rehearsal.load_balancer.routing import parse_actions, parse_rule
from conducky.rehearsal.load_balancer.target_group import parse_target_group
from conducky.rehearsal.postgres.server import PostgresServer


def _nothing(_request: Request) -> Properties:
    return {}


def _no_trace(_request: Request) -> None:
    return None


@dataclass(frozen=True)
class Behaviour:
    """What creating, updating and deleting does; the first two return further outputs.

    Each raises `ResourceFailedError` or `UserError` with a sentence when it cannot be done.
    """

    create: Callable[[Request], Properties]
    update: Callable[[Request], Properties]
    delete: Callable[[Request], None] = _no_trace


def behaviours(machine: Machine, services: Services) -> dict[str, Behaviour]:
    """Every behaviour by type token."""
    images, databases, entries = _Images(machine), _Databases(machine), _Entries(machine)
    return {
        "docker-build:index:Image": Behaviour(images.build, images.build),
        "aws:rds/instance:Instance": Behaviour(databases.create, databases.update, databases.delete),
        "aws:rds/parameterGroup:ParameterGroup": Behaviour(_nothing, databases.change_parameters),
        "aws:ssm/parameter:Parameter": Behaviour(_nothing, _next_version),
        "aws:ecs/taskDefinition:TaskDefinition": Behaviour(_TaskDefinitions(machine).register, _nothing),
        "aws:ecs/service:Service": Behaviour(services.create, services.update, services.delete),
        "aws:lb/loadBalancer:LoadBalancer": Behaviour(_nothing, _nothing, entries.delete_balancer),
        "aws:lb/listener:Listener": Behaviour(entries.put_listener, entries.put_listener, entries.delete_listener),
        "aws:lb/listenerRule:ListenerRule": Behaviour(entries.put_rule, entries.put_rule, entries.delete_rule),
        "aws:lb/targetGroup:TargetGroup": Behaviour(entries.put_group, entries.put_group, entries.delete_group),
    }


def _next_version(request: Request) -> Properties:
    """Every change of a parameter's value is a new version."""
    changed = request.inputs.get("value") != request.outputs.get("value")
    return {"version": int(request.outputs["version"]) + changed}


@dataclass(frozen=True)
class _TaskDefinitions:
    machine: Machine

    def register(self, request: Request) -> Properties:
        """The next revision of the family."""
        family = str(request.inputs["family"])
        with self.machine.lock:
            revision = self.machine.revisions[family] = self.machine.revisions.get(family, 0) + 1
        return {"revision": revision, "arn": f"{request.outputs['arnWithoutRevision']}:{revision}"}


@dataclass(frozen=True)
class _Images:
    machine: Machine

    def build(self, request: Request) -> Properties:
        """The same build on this machine, kept under the digest of all that goes into it."""
        context = (self.machine.root / request.layer / str(request.inputs["context"]["location"])).resolve()
        dockerfile = self._dockerfile(request, context)
        arguments = {str(name): str(value) for name, value in bag(request.inputs, "buildArgs").items()}
        # Tasks run on this machine whatever processor the image is for, so the platform makes no other build; but
        # packages that are compiled fit one major version of Node only.
        digest = f"sha256:{context_digest(context, dockerfile, extra={**arguments, 'node major': str(MAJOR)})}"
        tools: dict[str, str] = {}
        if uses_prisma(context):
            tools["PRISMA_SCHEMA_ENGINE_BINARY"] = str(prisma_engine(self.machine.root, self.machine.progress))
        self.machine.images[digest] = build_image(
            context,
            dockerfile,
            build_args=arguments,
            environment=tools,
            cache=cache_folder() / "images",
            digest=digest,
            # Outside the run folder, so that it can be read after the rehearsal has failed.
            log=cache_folder() / "logs" / f"build-{request.name}.log",
            progress=self.machine.progress,
            stop=self.machine.stopping,
        )
        return {"digest": digest, "ref": f"{request.inputs['tags'][0]}@{digest}", "contextHash": digest[7:]}

    def _dockerfile(self, request: Request, context: Path) -> Path:
        named = bag(request.inputs, "dockerfile").get("location")
        return (self.machine.root / request.layer / str(named)).resolve() if named else context / "Dockerfile"


@dataclass(frozen=True)
class _Databases:
    machine: Machine

    def create(self, request: Request) -> Properties:
        """Start a Postgres server that is the instance."""
        inputs = request.inputs
        if inputs.get("engine") != "postgres" or str(inputs.get("engineVersion")).split(".")[0] != "15":
            raise ResourceFailedError("the rehearsal has Postgres 15 only: look at the engine in platform/database.py")
        self.machine.progress("starting Postgres 15")
        self.machine.databases[str(request.outputs["address"])] = PostgresServer.start(
            self.machine.folder,
            name=str(inputs["identifier"]),
            username=str(inputs["username"]),
            password=str(inputs["password"]),
            database=str(inputs["dbName"]),
            parameters=self._parameters(inputs),
            certificate=self.machine.authority,
            progress=self.machine.progress,
        )
        return {}

    def update(self, request: Request) -> Properties:
        """Change the password or the parameters; sizes mean nothing on this machine."""
        server = self.machine.databases[str(request.outputs["address"])]
        if request.inputs["password"] != request.outputs["password"]:
            server.set_password(str(request.inputs["password"]))
        parameters = self._parameters(request.inputs)
        if parameters != server.parameters:
            server.set_parameters(parameters)
        return {}

    def delete(self, request: Request) -> None:
        """Remove the server and its data, unless it is protected."""
        if request.outputs.get("deletionProtection"):
            raise ResourceFailedError(
                f"the database {request.outputs['identifier']} is protected: run "
                "`pulumi -C platform config set deletionProtection false` and `pulumi -C platform up` first"
            )
        server = self.machine.databases.pop(str(request.outputs["address"]), None)
        if server:
            server.stop()

    def change_parameters(self, request: Request) -> Properties:
        """Give the changed parameters of a group to the servers that use it."""
        for instance in self.machine.of("aws:rds/instance:Instance"):
            server = self.machine.databases.get(str(instance["address"]))
            if server and instance.get("parameterGroupName") == request.inputs["name"]:
                server.set_parameters(_pairs(request.inputs))
        return {}

    def _parameters(self, inputs: Properties) -> dict[str, str]:
        group = self.machine.find("aws:rds/parameterGroup:ParameterGroup", name=inputs.get("parameterGroupName"))
        # RDS 15's own default group forces TLS.
        return _pairs(group) if group else {"rds.force_ssl": "1"}


def _pairs(group: Properties) -> dict[str, str]:
    return {"rds.force_ssl": "1"} | {str(entry["name"]): str(entry["value"]) for entry in bags(group, "parameters")}


@dataclass(frozen=True)
class _Entries:
    """Load balancers: one local port for each listener."""

    machine: Machine

    def put_listener(self, request: Request) -> Properties:
        """Listen, on the wished port or the next that is free."""
        arn = str(request.outputs["arn"])
        if arn not in self.machine.listeners:
            self.machine.listeners[arn] = self.machine.port
        port = self.machine.listeners[arn]
        self.machine.listeners[arn] = self.machine.balancer.put_listener(
            arn, port, parse_actions(request.inputs["defaultActions"])
        )
        return {}

    def delete_listener(self, request: Request) -> None:
        """Stop listening."""
        arn = str(request.outputs["arn"])
        self.machine.balancer.remove_listener(arn)
        self.machine.listeners.pop(arn, None)

    def put_rule(self, request: Request) -> Properties:
        """Add or change a rule."""
        rule = parse_rule(str(request.outputs["arn"]), request.inputs)
        self.machine.balancer.put_rule(str(request.inputs["listenerArn"]), rule)
        return {}

    def delete_rule(self, request: Request) -> None:
        """Remove a rule."""
        self.machine.balancer.remove_rule(str(request.outputs["arn"]))

    def put_group(self, request: Request) -> Properties:
        """Add or change a target group."""
        group = parse_target_group(str(request.outputs["arn"]), {**request.outputs, **request.inputs})
        self.machine.balancer.put_target_group(group)
        return {}

    def delete_group(self, request: Request) -> None:
        """Remove a target group."""
        self.machine.balancer.remove_target_group(str(request.outputs["arn"]))

    def delete_balancer(self, request: Request) -> None:
        """Refuse while it is protected."""
        if request.outputs.get("enableDeletionProtection"):
            raise ResourceFailedError(
                f"the load balancer {request.outputs['name']} is protected: run "
                "`pulumi -C platform config set deletionProtection false` and `pulumi -C platform up` first"
            )
