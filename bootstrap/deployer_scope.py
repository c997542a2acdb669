"""Where one stack's resources are: what the deployer's policies are limited to."""

from collections.abc import Mapping
from dataclasses import dataclass

from conducky.naming import Names, Place


@dataclass(frozen=True)
class Scope:
    """One stack's resources: how they are called, where they are, and their limits.

    `max_task_cpu` are CPU units (1024 is one vCPU); of a protected stack the deployer deletes no data. `domains`
    are the names in a hosted zone whose records it writes.
    """

    names: Names
    place: Place
    max_task_cpu: int = 4096
    is_protected: bool = False
    domains: tuple[str, ...] = ()

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this stack's region and account."""
        return self.place.arn(service, resource)

    @property
    def parameters(self) -> str:
        """The ARNs of this stack's SSM parameters, of every application."""
        return self.arn("ssm", f"parameter/{self.names.project}/{self.names.stack}/*")

    @property
    def own_tags(self) -> Mapping[str, str]:
        """Condition keys that hold for this stack's existing resources only."""
        return {"aws:ResourceTag/Project": self.names.project, "aws:ResourceTag/Stack": self.names.stack}

    @property
    def new_tags(self) -> Mapping[str, str]:
        """Condition keys that hold when something is created with this stack's tags."""
        return {"aws:RequestTag/Project": self.names.project, "aws:RequestTag/Stack": self.names.stack}
