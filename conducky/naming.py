"""Names and tags: the one place that builds them."""

import re
from dataclasses import dataclass

from conducky.errors import UserError, quoted

# A target group's name holds 32 characters, of which `frontend-1a2b` takes 13; every other name is roomier.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
LONGEST_PREFIX = 32 - len("frontend-1a2b")

# What AWS reserves for itself: parameters below /aws… and /ssm…, load balancers internal-…, security groups sg-….
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
_RESERVED = re.compile(r"aws.*|ssm.*|internal|sg")

# No hyphens: with them the prefix of `dev` would also match the resources of a stack called `dev-2`,
# and the policies that are scoped by prefix would reach across.
STACK_NAME = re.compile(r"[a-z][a-z0-9]*")


@dataclass(frozen=True)
class Names:
    """A stack's names: `conducky-dev-…`, `/conducky/dev/backend/…`. Raises UserError when AWS could not take them."""

    project: str
    stack: str

    def __post_init__(self) -> None:
        if not STACK_NAME.fullmatch(self.stack):
            raise UserError(
                f"stack name {quoted(self.stack)} must be lower-case letters and digits, beginning with a letter",
                "run `pulumi stack rename dev`",
            )
        if _RESERVED.fullmatch(self.project):
            raise UserError(
                f"project name `{self.project}` is the beginning of names that AWS reserves for itself", self._rename
            )
        if len(self.prefix) > LONGEST_PREFIX:
            raise UserError(
                f"project name {quoted(self.project)} and stack name `{self.stack}` are "
                f"{len(self.project + self.stack)} characters together, but AWS's limits for names leave only "
                f"{LONGEST_PREFIX - 2}",
                self._rename,
            )

    @property
    def _rename(self) -> str:
        command = f"pulumi -C LAYER config set projectName NAME --stack {self.stack}"
        return f"run `{command}` in each of the three layers, with another name"

    @property
    def prefix(self) -> str:
        """What every name of this stack begins with, hyphen included."""
        return f"{self.project}-{self.stack}-"

    def of(self, part: str) -> str:
        """The name of one resource, such as `conducky-dev-backend`."""
        return self.prefix + part

    def parameter(self, application: str, variable: str) -> str:
        """The name of the SSM parameter that holds a variable of an application: `/conducky/dev/backend/JWT_SECRET`."""
        return f"/{self.project}/{self.stack}/{application}/{variable}"


def stack_of(name: str) -> str:
    """The stack to which a name belongs that `Names` gave: neither project nor stack has a dash."""
    return name.split("-")[1]


ROTATION_LOGIN = "conducky_rotation"  # with which the backend signs in while the database's password changes
LIVE_TAG = "live-"  # what the tag of an image begins with that was proven to serve

_WITHOUT_REGION = {
    "budgets",
    "cloudfront",
    "iam",
    "route53",
    "s3",
}  # one for the whole account, so its ARNs leave the region out
_WITHOUT_ACCOUNT = {"apigateway", "route53", "s3"}


@dataclass(frozen=True)
class Place:
    """A region of an account: where a stack's resources are, and the one builder of their ARNs."""

    region: str
    account_id: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource here: `arn("ecs", "cluster/one")`, `arn("iam", "role/one")`."""
        region = "" if service in _WITHOUT_REGION else self.region
        account = "" if service in _WITHOUT_ACCOUNT else self.account_id
        return f"arn:aws:{service}:{region}:{account}:{resource}"


def tags(names: Names, layer: str) -> dict[str, str]:
    """The tags that every taggable resource carries."""
    return {"Project": names.project, "Stack": names.stack, "Layer": layer}
