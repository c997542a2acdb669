"""What a running rehearsal answers to commands in another terminal: AWS's own calls, over a socket in its run folder.

Only the owner of the run folder reaches the socket. A request is a line of JSON (`call`, such as `ecs.ListTasks`, and
`request`, as boto3 takes it), and so is the answer (`answer`, or `error` with AWS's code). A time is
`{"$time": seconds}`.
"""

import contextlib
import json
import signal
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.errors import UserError
from conducky.naming import LIVE_TAG
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs.service import RunningService
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.log_book import LogBook
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.stacks.layer_stack import LayerFailedError

SOCKET: Final = Path("api") / "socket"
_PERIOD_SECONDS: Final = 0.2
_TASK_DEFINITION: Final = "aws:ecs/taskDefinition:TaskDefinition"


class RefusedError(Exception):
    """What AWS would answer with an error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _OneOff:
    """A task of RunTask; `code` is how it ended, once it has."""

    task: Task
    application: str
    code: int | None = None
    stopped: float = 0.0


@dataclass
class RehearsalApi:
    """Answers the calls about one rehearsal. `deploy` brings services up with a changed setting."""

    rehearsal: Rehearsal
    deploy: Callable[[Mapping[str, str | None]], None]
    started: float = field(default_factory=time.time)
    _live: dict[str, list[tuple[float, str]]] = field(default_factory=dict[str, list[tuple[float, str]]])
    _one_offs: dict[str, _OneOff] = field(default_factory=dict[str, _OneOff])

    def __post_init__(self) -> None:
        self._logs = LogBook(self.rehearsal.folder.path / "logs")
        self._note()

    @contextlib.contextmanager
    def served(self) -> Any:  # noqa: ANN401  # a generator
        """Answer until the end of the block."""
        path = self.rehearsal.folder.path / SOCKET
        path.parent.mkdir(mode=0o700)
        api = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    asked = json.loads(self.rfile.readline())
                    self.wfile.write(json.dumps(api.answer(asked["call"], asked["request"])).encode() + b"\n")

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        with Server(str(path), Handler) as server:
            threading.Thread(target=server.serve_forever, name="api", daemon=True).start()
            threading.Thread(target=self._watch, name="api watch", daemon=True).start()
            try:
                yield
            finally:
                server.shutdown()

    def _watch(self) -> None:
        """Note what is written and what is live, five times a second, until the rehearsal ends."""
        while not self.rehearsal.account.stopping.wait(_PERIOD_SECONDS):
            with contextlib.suppress(ResourceFailedError, OSError):  # Something is being replaced at this moment
                self._note()

    def _note(self) -> None:
        self._logs.note()
        for service in self._services.values():
            if service.steady and service.tasks:
                name, image = str(service.container["name"]), str(service.container["image"])
                if self._live.get(name, [(0.0, "")])[-1][1] != image:
                    self._live.setdefault(name, []).append((time.time(), image))

    def answer(self, call: str, request: Properties) -> Properties:
        """The answer to one call, or its error."""
        operation = getattr(self, f"_{call.replace('.', '_').lower()}", None)
        if operation is None:
            return {"error": {"Code": "NotRehearsed", "Message": f"a rehearsal does not play {call}"}}
        try:
            return {"answer": operation(request)}
        except RefusedError as error:
            return {"error": {"Code": error.code, "Message": str(error)}}
        except (UserError, ResourceFailedError, LayerFailedError) as error:
            message = self.rehearsal.account.redact(str(error))
            return {"error": {"Code": "Failed", "Message": message}}

    # What only a rehearsal has

    def _conducky_target(self, _request: Properties) -> Properties:
        account = self.rehearsal.account
        outputs = self.rehearsal.layer("services").exports()
        outputs = {name: value for name, value in outputs.items() if isinstance(value, str)}
        urls = {f"{each}_url": self.rehearsal.url(each) for each in ("frontend", "backend")}
        return {
            "stack": self.rehearsal.stack,
            "region": account.place.region,
            "account": account.place.account_id,
            "outputs": {**outputs, **urls},
        }

    def _conducky_session(self, request: Properties) -> Properties:
        """How to run a command in a task's copy of its image."""
        service, task = self._task(str(request["task"]))
        return dict(self._fargate.command_in(service.container, task, texts(request, "command")))

    def _conducky_deploy(self, request: Properties) -> Properties:
        self.deploy({str(key): value for key, value in bag(request, "settings").items()})
        return {}

    def _conducky_database(self, _request: Properties) -> Properties:
        """Where the database answers."""
        databases = self.rehearsal.stand_ins.databases
        for server in databases.servers.values():
            url = server.url()
            return {"url": url, "port": server.port, "ca": str(databases.certificates)}
        raise RefusedError("DBInstanceNotFound", "there is no database")

    def _conducky_labels(self, request: Properties) -> Properties:
        return self.rehearsal.stand_ins.images.labels.get(str(request["digest"]), {})

    def _ecr_describeimages(self, request: Properties) -> Properties:
        """What was live is tagged as `conducky verify` tags it."""
        wanted, details = str(request["repositoryName"]), list[Properties]()
        for proofs in self._live.values():
            repository, digests = proofs[0][1].partition("@")[0], {image.rpartition("@")[2] for _, image in proofs}
            if repository.split("/", 1)[1] != wanted:
                continue
            for image in self.rehearsal.stand_ins.images.registry.images(repository):
                if image.digest in digests:
                    live = [at for at, name in proofs if name.endswith(image.digest)]
                    tags = [f"{LIVE_TAG}{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}" for at in live]
                    details.append({"imageDigest": image.digest, "imageTags": [*sorted(image.tags), *tags]})
        return {"imageDetails": details}

    # ECS

    @property
    def _fargate(self) -> Any:  # noqa: ANN401  # of all services the same
        return self.rehearsal.stand_ins.services.fargate

    @property
    def _services(self) -> dict[str, RunningService]:
        running = self.rehearsal.stand_ins.services.running
        return {str(service.inputs["name"]): service for service in running.values()}

    def _arn(self, resource: str) -> str:
        return self.rehearsal.account.place.arn("ecs", resource)

    def _ecs_describeservices(self, request: Properties) -> Properties:
        found = [self._service(self._services[name]) for name in request["services"] if name in self._services]
        return {"services": found, "failures": []}

    def _service(self, service: RunningService) -> Properties:
        inputs, count = service.inputs, len(service.tasks)
        network = bag(inputs, "networkConfiguration")
        public = "ENABLED" if network.get("assignPublicIp") else "DISABLED"
        deployment = {
            "id": "ecs-svc/rehearsal",
            "status": "PRIMARY",
            "taskDefinition": inputs["taskDefinition"],
            "desiredCount": inputs.get("desiredCount") or 0,
            "runningCount": count,
            "rolloutState": "COMPLETED" if service.steady else "IN_PROGRESS",
        }
        return {
            "serviceName": inputs["name"],
            "status": "ACTIVE",
            "taskDefinition": inputs["taskDefinition"],
            "desiredCount": inputs.get("desiredCount") or 0,
            "runningCount": count,
            "pendingCount": 0,
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": [*texts(network, "subnets")],
                    "securityGroups": [*texts(network, "securityGroups")],
                    "assignPublicIp": public,
                }
            },
            "loadBalancers": [*bags(inputs, "loadBalancers")],
            "deployments": [deployment],
            "events": [],
        }

    def _ecs_listservicedeployments(self, _request: Properties) -> Properties:
        return {"serviceDeployments": []}

    def _ecs_listtasks(self, request: Properties) -> Properties:
        wanted = request.get("serviceName")
        stopped = request.get("desiredStatus") == "STOPPED"
        arns = [
            self._task_arn(task.name)
            for name, service in self._services.items()
            for task in service.tasks
            if not stopped and wanted in {None, name}
        ]
        one_offs = [self._task_arn(each.task.name) for each in self._one_offs.values() if wanted is None]
        return {"taskArns": [*arns, *(arn for arn in one_offs if (self._ended(arn) is not None) == stopped)]}

    def _ecs_describetasks(self, request: Properties) -> Properties:
        found: list[Properties] = []
        for arn in request["tasks"]:
            ident = str(arn).rpartition("/")[2]
            if one_off := self._one_offs.get(ident):
                found.append(self._described_one_off(one_off))
                continue
            with contextlib.suppress(RefusedError):
                service, task = self._task(ident)
                found.append(self._described(task, str(service.inputs["name"]), str(service.container["name"])))
        return {"tasks": found}

    def _ecs_describetaskdefinition(self, request: Properties) -> Properties:
        found = self.rehearsal.account.find(_TASK_DEFINITION, arn=request["taskDefinition"])
        if found is None:
            raise RefusedError("ClientException", "Unable to describe task definition.")
        return {"taskDefinition": {"containerDefinitions": json.loads(str(found["containerDefinitions"]))}}

    def _ecs_runtask(self, request: Properties) -> Properties:
        override = request["overrides"]["containerOverrides"][0]
        definition = self.rehearsal.account.find(_TASK_DEFINITION, arn=request["taskDefinition"])
        if definition is None:
            raise RefusedError("ClientException", "TaskDefinition not found.")
        container = json.loads(str(definition["containerDefinitions"]))[0]
        changed = {
            **container,
            "command": override["command"],
            "environment": [*container.get("environment", []), *override.get("environment", [])],
        }
        task = self._fargate.start(definition, changed)
        self._one_offs[_ident(task.name)] = one_off = _OneOff(task, str(container["name"]))
        return {"tasks": [self._described_one_off(one_off)], "failures": []}

    def _ecs_stoptask(self, request: Properties) -> Properties:
        ident = str(request["task"]).rpartition("/")[2]
        if one_off := self._one_offs.get(ident):
            one_off.task.process.stop(one_off.task.stop_timeout, signal.SIGTERM)
            self._ended(request["task"])
        return {}

    def _task(self, ident: str) -> tuple[RunningService, Task]:
        for service in self._services.values():
            for task in service.tasks:
                if _ident(task.name) == ident.rpartition("/")[2]:
                    return service, task
        raise RefusedError("InvalidParameterException", "The task was not found.")

    def _task_arn(self, name: str) -> str:
        cluster = next(iter(self._services.values())).inputs["cluster"] if self._services else "cluster"
        return self._arn(f"task/{str(cluster).rpartition('/')[2]}/{_ident(name)}")

    def _described(self, task: Task, service: str, application: str) -> Properties:
        running = task.ended() is None
        address = [f"127.0.0.1:{port}" for port in task.ports.values()]
        container: Properties = {"name": application, "runtimeId": _ident(task.name)}
        return {
            "taskArn": self._task_arn(task.name),
            "taskDefinitionArn": task.revision,
            "group": f"service:{service}",
            "lastStatus": "RUNNING" if running else "STOPPED",
            "enableExecuteCommand": True,
            "availabilityZone": "rehearsal",
            "startedAt": _time(task.process.record.started),
            "attachments": [{"details": [{"name": "privateIPv4Address", "value": each} for each in address]}],
            "containers": [{**container, "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}]}],
        }

    def _described_one_off(self, one_off: _OneOff) -> Properties:
        task, code = one_off.task, self._ended(one_off.task.name)
        definition = self.rehearsal.account.find(_TASK_DEFINITION, arn=task.revision) or {}
        described = self._described(task, "", one_off.application) | {
            "group": f"family:{one_off.application}",
            "cpu": str(definition.get("cpu", 256)),
            "memory": str(definition.get("memory", 512)),
        }
        if code is None:
            return described
        container = {"name": one_off.application, "exitCode": code}
        return {**described, "lastStatus": "STOPPED", "stoppedAt": _time(one_off.stopped), "containers": [container]}

    def _ended(self, name: object) -> int | None:
        """How a one-off task ended; then it leaves nothing but its log."""
        one_off = self._one_offs[_ident(str(name).rpartition("/")[2])]
        code = one_off.task.process.poll()
        if code is not None and one_off.code is None:
            one_off.code, one_off.stopped = (128 - code if code < 0 else code), time.time()
            self._logs.note()
            one_off.task.stop()
        return one_off.code

    # What stands around the services

    def _elbv2_describetargethealth(self, request: Properties) -> Properties:
        targets = self.rehearsal.stand_ins.load_balancers.server.target_health(str(request["TargetGroupArn"]))
        return {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": f"{each.host}:{each.port}"},
                    "TargetHealth": {"State": each.state, "Reason": each.reason if each.state != "healthy" else ""},
                }
                for each in targets
            ]
        }

    def _rds_describedbinstances(self, _request: Properties) -> Properties:
        servers = self.rehearsal.stand_ins.databases.servers
        return {
            "DBInstances": [
                {
                    "DBInstanceIdentifier": each["identifier"],
                    "DBInstanceStatus": "available" if each["address"] in servers else "stopped",
                    "DBInstanceClass": each.get("instanceClass", ""),
                    "Engine": "postgres",
                    "EngineVersion": str(each.get("engineVersion", "15")),
                    "AllocatedStorage": each.get("allocatedStorage", 0),
                    "BackupRetentionPeriod": each.get("backupRetentionPeriod", 0),
                    "DeletionProtection": bool(each.get("deletionProtection")),
                    "InstanceCreateTime": _time(self.started),
                }
                for each in self.rehearsal.account.of("aws:rds/instance:Instance")
            ]
        }

    def _logs_filterlogevents(self, request: Properties) -> Properties:
        group, since = str(request["logGroupName"]), float(request.get("startTime") or 0)
        application = self._application(group)
        ident = str(request.get("logStreamNamePrefix", "")).rpartition("/")[2]
        return {
            "events": [
                {
                    "eventId": f"{task}-{number}",
                    "logStreamName": f"{application}/{application}/{task}",
                    "timestamp": at,
                    "message": self.rehearsal.account.redact(text),
                }
                for task, number, at, text in self._logs.lines(application)
                if at >= since and task.startswith(ident)
            ]
        }

    def _logs_getlogevents(self, request: Properties) -> Properties:
        ident = str(request["logStreamName"]).rpartition("/")[2]
        lines = [each for each in self._logs.lines(self._application(str(request["logGroupName"]))) if each[0] == ident]
        begin = int(request.get("nextToken") or 0)
        events = [{"timestamp": at, "message": self.rehearsal.account.redact(text)} for _, _, at, text in lines[begin:]]
        return {"events": events, "nextForwardToken": str(len(lines))}

    def _application(self, group: str) -> str:
        """The container whose log group this is."""
        for name, service in self._services.items():
            if name == group:
                return str(service.container["name"])
        raise RefusedError("ResourceNotFoundException", "The specified log group does not exist.")


def _ident(name: str) -> str:
    """A task's id, from its name or its ARN."""
    return name.rpartition("/")[2].rpartition("-")[2]


def _time(seconds: float) -> Properties:
    return {"$time": seconds}
