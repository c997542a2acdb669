"""Task definitions and services: the revisions of a family, and every service that runs."""

from conducky.catalog.property_bag import Properties
from conducky.catalog.types import CATALOG
from conducky.errors import UserError
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.cloudwatch import CloudWatch
from conducky.rehearsal.ecs.container_task import Containers
from conducky.rehearsal.ecs.egress import EgressWatch
from conducky.rehearsal.ecs.fargate import Fargate
from conducky.rehearsal.ecs.service import REVISION, RunningService
from conducky.rehearsal.ecs.traffic_shift import shifts
from conducky.rehearsal.images import Images
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.postgres import Databases

_RETRY_AFTER = 2.0  # Seconds between attempts to replace a task that ended
_SERVICE = CATALOG["aws:ecs/service:Service"]
_NOT_IN_THE_CALL = {"forceDelete", "tags", "tagsAll", "id"}


class TaskDefinitions:
    """The newest revision of each family."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._revisions: dict[str, int] = {}

    def register(self, request: Request) -> Properties:
        """The next revision of the family."""
        family = str(request.inputs["family"])
        with self._account.lock:
            revision = self._revisions[family] = self._revisions.get(family, 0) + 1
        return {"revision": revision, "arn": f"{request.outputs['arnWithoutRevision']}:{revision}"}


class Services:
    """The services of an account. `running` is by service ARN."""

    def __init__(
        self,
        account: Account,
        images: Images,
        databases: Databases,
        load_balancers: LoadBalancers,
        cloudwatch: CloudWatch,
    ) -> None:
        self._account = account
        self._cloudwatch = cloudwatch
        self.containers = Containers(account, images.engine, databases, load_balancers) if images.engine else None
        self.fargate = Fargate(account, images, databases, load_balancers, self.containers)
        self.egress = EgressWatch()
        self.running: dict[str, RunningService] = {}

    def watch(self) -> None:
        """Replace tasks that end, until the rehearsal stops; meant for a thread of its own."""
        stopping = self._account.stopping
        while not stopping.wait(0.5):
            self.egress.observe(
                (str(service.container["name"]), task.process.pid)
                for service in list(self.running.values())
                for task in list(service.tasks)
            )
            for service in list(self.running.values()):
                try:
                    service.replace_ended()
                except UserError:
                    stopping.wait(_RETRY_AFTER)

    def execute(self, name: str, *command: str) -> str:
        """What a command prints in the environment of the container `name`.

        Raises:
            UserError: no service runs such a container, or the command failed.
        """
        for service in self.running.values():
            if service.container["name"] == name:
                return self.fargate.execute(service.container, command)
        raise UserError(f"no service runs the container {name}", "check services/")

    def create(self, request: Request) -> Properties:
        """Start a new service. It exists from then on, even if no task of it ever becomes healthy."""
        service = RunningService(self.fargate, self._cloudwatch, request.inputs)
        service.check(request.inputs)
        self.running[str(request.outputs["arn"])] = service
        service.release(request.inputs)
        return {"loadBalancers": service.inputs["loadBalancers"]} if shifts(request.inputs) else {}

    def update(self, request: Request) -> Properties:
        """Release a changed service, or only scale it; returns what ECS runs.

        Only what differs from the *state* is asked of ECS; where nothing does, there is neither a call nor a wait.
        https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go
        """
        service = self.running[str(request.outputs["arn"])]
        changed = _SERVICE.differing(request.outputs, request.inputs) - _SERVICE.outputs - _NOT_IN_THE_CALL
        wanted = {**service.inputs, **{name: request.inputs.get(name) for name in changed}}
        if changed & {*REVISION} or (changed and wanted.get("forceNewDeployment")):
            service.check(wanted)
            service.release(wanted)
        elif changed:
            service.scale(wanted)
        return {name: service.inputs[name] for name in REVISION if name in service.inputs}

    def set_count(self, name: str, count: int) -> None:
        """Run another number of tasks, as a call of UpdateService does.

        Raises:
            ResourceFailedError: there is no such service, or its tasks do not become healthy.
        """
        for arn, service in self.running.items():
            if service.inputs["name"] == name:
                service.scale({**service.inputs, "desiredCount": count})
                found = self._account.find("aws:ecs/service:Service", arn=arn)
                if found:  # what a refresh finds
                    found["desiredCount"] = count
                return
        raise ResourceFailedError(f"ServiceNotFoundException: there is no service {name}", "check services/")

    def delete(self, request: Request) -> None:
        """Stop a service."""
        if service := self.running.pop(str(request.outputs["arn"]), None):
            service.stop()
