"""Where one stack's resources live: what the deployer's policies are limited to."""

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
    def own_tags(self) -> dict[str, str]:
        """Condition keys that hold for this stack's existing resources only."""
        return {"aws:ResourceTag/Project": self.names.project, "aws:ResourceTag/Stack": self.names.stack}

    @property
    def new_tags(self) -> dict[str, str]:
        """Condition keys that hold when something is created with this stack's tags."""
        return {"aws:RequestTag/Project": self.names.project, "aws:RequestTag/Stack": self.names.stack}
