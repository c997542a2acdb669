"""`conducky status`: what runs, what is behind the addresses, and what is not well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from conducky.operations.history import Update

_WELL: Final = {"available", "backing-up", "modifying", "configuring-enhanced-monitoring", "storage-optimization"}


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


@dataclass(frozen=True)
class DeploymentStatus:
    """A deployment that ECS still keeps: the present one, and what it replaces."""

    revision: str
    primary: bool
    state: str
    running: int
    desired: int
    updated: datetime | None
    reason: str


@dataclass(frozen=True)
class Event:
    """A service event of ECS, without the service's name in front."""

    at: datetime | None
    text: str


@dataclass(frozen=True)
class ServiceStatus:
    """One service: what it should run, what it runs, and what ECS says about it."""

    name: str
    revision: str
    image: str
    build: str
    desired: int
    running: int
    pending: int
    tasks: Sequence[TaskStatus]
    stopped: Sequence[TaskStatus]
    deployments: Sequence[DeploymentStatus]
    events: Sequence[Event]

    @property
    def problem(self) -> str:
        """What is not well; empty where all is."""
        if self.running < self.desired:
            return f"{self.running} of {self.desired} tasks run"
        failed = next((each for each in self.deployments if each.state == "FAILED"), None)
        if failed:
            return f"the deployment of {failed.revision} failed"
        unhealthy = [task for task in self.tasks if task.target == "unhealthy" or task.state == "UNHEALTHY"]
        return f"{len(unhealthy)} of {len(self.tasks)} tasks do not pass the health check" if unhealthy else ""


@dataclass(frozen=True)
class DatabaseStatus:
    """The database. `storage` is GiB, `backups` days; `restorable` is the latest time that it can be restored to."""

    name: str
    state: str
    engine: str
    size: str
    storage: int
    storage_limit: int | None
    zones: str
    backups: int
    restorable: datetime | None
    certificate: str
    certificate_until: datetime | None
    protected: bool

    @property
    def problem(self) -> str:
        """What is not well; empty where all is."""
        return "" if self.state in _WELL else f"it is {self.state}"


@dataclass(frozen=True)
class Status:
    """All of a stack. `release` is the last successful deployment of services; `notes` say what could not be seen."""

    stack: str
    place: str
    addresses: Sequence[str]
    release: Update | None
    services: Sequence[ServiceStatus]
    database: DatabaseStatus | None
    notes: Sequence[str]

    @property
    def problems(self) -> list[str]:
        """Everything that is not well."""
        found = [f"{each.name}: {each.problem}" for each in self.services if each.problem]
        return [*found, *([f"database: {self.database.problem}"] if self.database and self.database.problem else [])]
