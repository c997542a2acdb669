"""Where one stack's resources are: what the deployer's policies are limited to."""

from collections.abc import Mapping
from dataclasses import dataclass

from conducky.naming import Names, Place


@dataclass(frozen=True)
class Scope:
    """One stack's resources: how they are called, and where they are."""

    names: Names
    place: Place

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this stack's region and account."""
        return self.place.arn(service, resource)

    @property
    def boundary_arn(self) -> str:
        """The ARN of the permissions boundary."""
        return self.arn("iam", f"policy/{self.names.of('boundary')}")

    @property
    def under_boundary(self) -> Mapping[str, str]:
        """The condition key that holds for roles under this stack's boundary only."""
        return {"iam:PermissionsBoundary": self.boundary_arn}

    @property
    def identities(self) -> list[str]:
        """The ARNs of every identity that deploys, and of the policies that say what they may do."""
        prefix = self.names.prefix
        parts = (f"policy/{prefix}*", f"role/{prefix}deployer*", f"role/{prefix}github*", f"user/{prefix}*")
        return [self.arn("iam", part) for part in parts]

    @property
    def own_tags(self) -> Mapping[str, str]:
        """Condition keys that hold for this stack's existing resources only."""
        return {"aws:ResourceTag/Project": self.names.project, "aws:ResourceTag/Stack": self.names.stack}

    @property
    def new_tags(self) -> Mapping[str, str]:
        """Condition keys that hold when something is created with this stack's tags."""
        return {"aws:RequestTag/Project": self.names.project, "aws:RequestTag/Stack": self.names.stack}
