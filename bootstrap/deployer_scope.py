"""Where one stack's resources live: what the deployer's policies are limited to."""

from collections.abc import Mapping
from dataclasses import dataclass

from conducky.naming import Names


@dataclass(frozen=True)
class Scope:
    """Where one stack's resources live."""

    names: Names
    region: str
    account_id: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def iam(self, resource: str) -> str:
        """The ARN of an IAM resource."""
        return f"arn:aws:iam::{self.account_id}:{resource}"

    @property
    def boundary_arn(self) -> str:
        """The ARN of the permissions boundary."""
        return self.iam(f"policy/{self.names.of('boundary')}")

    @property
    def under_boundary(self) -> Mapping[str, str]:
        """The condition key that holds for roles under this stack's boundary only."""
        return {"iam:PermissionsBoundary": self.boundary_arn}

    @property
    def identities(self) -> list[str]:
        """The ARNs of whoever deploys, and of the policies that say what they may do."""
        prefix = self.names.prefix
        return [
            self.iam(f"policy/{prefix}*"),
            self.iam(f"role/{prefix}deployer*"),
            self.iam(f"role/{prefix}github*"),
            self.iam(f"user/{prefix}*"),
        ]

    @property
    def own_tags(self) -> Mapping[str, str]:
        """Condition keys that hold for this stack's existing resources only."""
        return {"aws:ResourceTag/Project": self.names.project, "aws:ResourceTag/Stack": self.names.stack}

    @property
    def new_tags(self) -> Mapping[str, str]:
        """Condition keys that hold when something is created with this stack's tags."""
        return {"aws:RequestTag/Project": self.names.project, "aws:RequestTag/Stack": self.names.stack}
