"""ECS's answers to commands in another terminal: services, tasks, and tasks of RunTask."""

import contextlib
import json
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.rehearsal.ecs.service import RunningService
from conducky.rehearsal.ecs.task import Task
from conducky.rehearsal.log_book import LogBook
from conducky.rehearsal.rehearsal import Rehearsal

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
class EcsApi:
    """ECS's calls about one rehearsal, each a method named for it; `logs` is what its tasks wrote."""

    rehearsal: Rehearsal
    _one_offs: dict[str, _OneOff] = field(default_factory=dict[str, _OneOff], init=False)

    def __post_init__(self) -> None:
        self.logs = LogBook(self.rehearsal.folder.path / "logs")

    @property
    def fargate(self) -> Any:  # noqa: ANN401  # of all services the same
        """What starts tasks."""
        return self.rehearsal.stand_ins.services.fargate

    @property
    def services(self) -> dict[str, RunningService]:
        """The services by name."""
        running = self.rehearsal.stand_ins.services.running
        return {str(service.inputs["name"]): service for service in running.values()}

    def _arn(self, resource: str) -> str:
        return self.rehearsal.account.place.arn("ecs", resource)

    def _ecs_describeservices(self, request: Properties) -> Properties:
        found = [self._service(self.services[name]) for name in request["services"] if name in self.services]
        return {"services": found, "failures": []}

    def _service(self, service: RunningService) -> Properties:
        inputs, count = service.inputs, len(service.tasks)
        network = bag(inputs, "networkConfiguration")
        public = "ENABLED" if network.get("assignPublicIp") else "DISABLED"
        revisions = {str(inputs["taskDefinition"]): 0} | Counter(task.revision for task in list(service.tasks))
        deployments = [
            {
                "id": "ecs-svc/rehearsal",
                "status": "PRIMARY" if revision == inputs["taskDefinition"] else "ACTIVE",
                "taskDefinition": revision,
                "desiredCount": inputs.get("desiredCount") or 0,
                "runningCount": running,
                "rolloutState": "COMPLETED" if service.steady else "IN_PROGRESS",
            }
            for revision, running in revisions.items()
        ]
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
            "deployments": deployments,
            "events": [],
        }

    def _ecs_updateservice(self, request: Properties) -> Properties:
        if request["service"] not in self.services:
            raise RefusedError("ServiceNotFoundException", "Service not found.")
        self.rehearsal.stand_ins.services.set_count(str(request["service"]), int(request["desiredCount"]))
        return {}

    def _ecs_listservicedeployments(self, _request: Properties) -> Properties:
        return {"serviceDeployments": []}

    def _ecs_listtasks(self, request: Properties) -> Properties:
        wanted = request.get("serviceName")
        stopped = request.get("desiredStatus") == "STOPPED"
        arns = [
            self._task_arn(task.name)
            for name, service in self.services.items()
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
                service, task = self.task(ident)
                found.append(self._described(task, str(service.inputs["name"]), str(service.container["name"])))
        return {"tasks": found}

    def _ecs_describetaskdefinition(self, request: Properties) -> Properties:
        wanted = "/" + str(request["taskDefinition"]).rpartition("/")[2]  # An ARN, or `conducky-dev-backend:7`
        found = next(
            (each for each in self.rehearsal.account.of(_TASK_DEFINITION) if str(each["arn"]).endswith(wanted)), None
        )
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
        task = self.fargate.start(definition, changed)
        self._one_offs[_ident(task.name)] = one_off = _OneOff(task, str(container["name"]))
        return {"tasks": [self._described_one_off(one_off)], "failures": []}

    def _ecs_stoptask(self, request: Properties) -> Properties:
        ident = str(request["task"]).rpartition("/")[2]
        if one_off := self._one_offs.get(ident):
            one_off.task.process.stop(one_off.task.stop_timeout, signal.SIGTERM)
            self._ended(request["task"])
        return {}

    def task(self, ident: str) -> tuple[RunningService, Task]:
        """A task of a service, by its id or ARN. Raises RefusedError when there is none."""
        for service in self.services.values():
            for task in service.tasks:
                if _ident(task.name) == ident.rpartition("/")[2]:
                    return service, task
        raise RefusedError("InvalidParameterException", "The task was not found.")

    def has_ended(self, ident: str) -> bool:
        """Whether no task of this id runs."""
        with contextlib.suppress(RefusedError):
            return self.task(ident)[1].ended() is not None
        one_off = self._one_offs.get(ident)
        return one_off is None or one_off.task.ended() is not None

    def _task_arn(self, name: str) -> str:
        cluster = next(iter(self.services.values())).inputs["cluster"] if self.services else "cluster"
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
            "healthStatus": task.health.state if task.health else "UNKNOWN",
            "enableExecuteCommand": True,
            "availabilityZone": "rehearsal",
            "startedAt": as_time(task.process.record.started_at),
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
        return {**described, "lastStatus": "STOPPED", "stoppedAt": as_time(one_off.stopped), "containers": [container]}

    def _ended(self, name: object) -> int | None:
        """How a one-off task ended; then it leaves nothing but its log."""
        one_off = self._one_offs[_ident(str(name).rpartition("/")[2])]
        code = one_off.task.process.poll()
        if code is not None and one_off.code is None:
            one_off.code, one_off.stopped = (128 - code if code < 0 else code), time.time()
            self.logs.note()
            one_off.task.stop()
        return one_off.code


def _ident(name: str) -> str:
    """A task's id, from its name or its ARN."""
    return name.rpartition("/")[2].rpartition("-")[2]


def as_time(seconds: float) -> Properties:
    """A moment, in seconds since 1970, as it is sent."""
    return {"$time": seconds}
