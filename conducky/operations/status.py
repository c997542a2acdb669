"""`conducky status`: what runs, what is behind the addresses, and what is not well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import AliasChoices, AliasPath, Field

from conducky.operations.history import Update
from conducky.verification.ecs import Service
from conducky.verification.task import Described

# The states of RDS in which a database answers
WELL: Final = {"available", "backing-up", "modifying", "configuring-enhanced-monitoring", "storage-optimization"}
_CERTIFICATE: Final = AliasPath("CertificateDetails", "CAIdentifier")


@dataclass(frozen=True)
class TaskStatus:
    """A task; `target` is the load balancer's opinion of it, `why` the reason where it stopped or is not healthy."""

    id: str
    revision: str
    state: str
    target: str
    started: datetime | None
    zone: str
    spot: bool
    why: str = ""


class ServiceStatus(Service):
    """One service: what it should run, what it runs, and what ECS says about it."""

    image: str
    build: str
    tasks: Sequence[TaskStatus]
    stopped: Sequence[TaskStatus]

    @property
    def problem(self) -> str:
        """What is not well; empty where all is."""
        if self.running < self.desired:
            return f"{self.running} of {self.desired} tasks run"
        failed = next((each for each in self.deployments if each.rollout == "FAILED"), None)
        if failed:
            return f"the deployment of {failed.revision} failed"
        unhealthy = [task for task in self.tasks if task.target == "unhealthy" or task.state == "UNHEALTHY"]
        return f"{len(unhealthy)} of {len(self.tasks)} tasks do not pass the health check" if unhealthy else ""


class DatabaseStatus(Described):
    """The database, as RDS describes it. `storage` is GiB, `backups` days, `restorable` the latest time of a backup.

    `replaced` are those that a restored one has replaced, and that nobody has deleted; `forget` is the command for it.
    """

    name: str = Field(validation_alias="DBInstanceIdentifier")
    state: str = Field("", validation_alias="DBInstanceStatus")
    version: str = Field("?", validation_alias="EngineVersion")
    size: str = Field("", validation_alias="DBInstanceClass")
    storage: int = Field(0, validation_alias="AllocatedStorage")
    storage_limit: int | None = Field(None, validation_alias="MaxAllocatedStorage")
    zone: str = Field("", validation_alias="AvailabilityZone")
    standby: bool = Field(default=False, validation_alias="MultiAZ")
    backups: int = Field(0, validation_alias="BackupRetentionPeriod")
    restorable: datetime | None = Field(None, validation_alias="LatestRestorableTime")
    certificate: str = Field("", validation_alias=AliasChoices(_CERTIFICATE, "CACertificateIdentifier"))
    certificate_until: datetime | None = Field(None, validation_alias=AliasPath("CertificateDetails", "ValidTill"))
    protected: bool = Field(default=False, validation_alias="DeletionProtection")
    replaced: Sequence[str] = ()
    forget: str = Field("", exclude=True)

    @property
    def problem(self) -> str:
        """What is not well; empty where all is."""
        if self.state in WELL:
            return ""
        return f"it is {self.state}"


class Status(Described):
    """All of a stack. `release` is the last successful deployment of services; `notes` say what could not be seen.

    `missing` is what AWS does not have, each with the command that creates it, and `start` the one that starts it.
    """

    stack: str
    place: str
    addresses: Sequence[str]
    release: Update | None
    services: Sequence[ServiceStatus]
    database: DatabaseStatus | None
    notes: Sequence[str]
    missing: Sequence[str] = ()
    start: str = Field("", exclude=True)

    @property
    def problems(self) -> list[str]:
        """Everything that is not well."""
        found = [f"{each.name}: {each.problem}" for each in self.services if each.problem]
        if self.database and self.database.problem:
            start = f": run {self.start}" if self.database.state == "stopped" and self.start else ""
            found.append(f"database: {self.database.problem}{start}")
        return [*found, *self.missing]
