"""What AWS describes, and a task as ECS describes it: frozen models that take over only what is used."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from conducky.errors import printable
from conducky.verification.stopped import Reason, why_stopped

Text = Annotated[str, AfterValidator(printable)]  # of anyone's making, harmless on a terminal


class Described(BaseModel):
    """A description by AWS, whose names differ by their capitals only unless a field says otherwise."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


SHORT: Final = 8  # Characters of a task's id that people see; enough to tell a stack's tasks apart
_EXEC_AGENT: Final = "ExecuteCommandAgent"


class Container(Described):
    """One container of a task."""

    name: str = ""
    runtime_id: str = ""
    exit_code: int | None = None
    managed_agents: tuple[dict[str, Any], ...] = ()

    @property
    def exec_agent(self) -> str:
        """The state of ECS Exec's agent, empty where there is none."""
        states = (each.get("lastStatus", "") for each in self.managed_agents if each.get("name") == _EXEC_AGENT)
        return next(states, "")


class Task(Described):
    """A task. `group` is `service:NAME` or `family:NAME`; `raw` is ECS's whole description."""

    arn: str = Field(validation_alias="taskArn")
    group: str = ""
    status: str = Field("", validation_alias="lastStatus")
    health: str = Field("", validation_alias="healthStatus")
    task_definition_arn: str = ""
    zone: str = Field("", validation_alias="availabilityZone")
    capacity_provider_name: str = ""
    exec_enabled: bool = Field(default=False, validation_alias="enableExecuteCommand")
    started: datetime | None = Field(None, validation_alias="startedAt")
    stopped: datetime | None = Field(None, validation_alias="stoppedAt")
    containers: tuple[Container, ...] = ()
    raw: dict[str, Any]

    @property
    def task_id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def short(self) -> str:
        """The part of the id that people see and type."""
        return self.task_id[:SHORT]

    @property
    def revision(self) -> str:
        """`conducky-dev-backend:7`."""
        return self.task_definition_arn.rpartition("/")[2]

    @property
    def spot(self) -> bool:
        """Whether it runs on Spot capacity."""
        return self.capacity_provider_name == "FARGATE_SPOT"

    @property
    def address(self) -> str:
        """Its private address, by which its target group knows it."""
        details = (each for attachment in self.raw.get("attachments", []) for each in attachment.get("details", []))
        return next((str(each["value"]) for each in details if each.get("name") == "privateIPv4Address"), "")

    @property
    def reason(self) -> Reason:
        """Why it stopped."""
        return why_stopped(self.raw)

    def session_target(self, cluster: str, container: str) -> str:
        """How Session Manager names one of its containers."""
        found = self.container(container)
        return f"ecs:{cluster}_{self.task_id}_{found.runtime_id if found else ''}"

    def container(self, name: str) -> Container | None:
        """The container of this name."""
        return next((each for each in self.containers if each.name == name), None)


def task_of(found: Mapping[str, Any]) -> Task:
    """A task from ECS's description."""
    return Task.model_validate({**found, "raw": dict(found)})
