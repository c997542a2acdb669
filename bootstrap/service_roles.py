"""The roles with which ECS, load balancers, HTTP APIs, CloudFront and RDS work; a new account has none of them.

Each service creates its role at its first use, but may refuse that first call, since a new role takes seconds to be
known everywhere ("Unable to assume the service linked role"). So they are created here, before anything uses them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.deployed import deployed_resources
from conducky.errors import UserError, printable

USED = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "ops.apigateway.amazonaws.com",
    "rds.amazonaws.com",
    "vpcorigin.cloudfront.amazonaws.com",
)
# In the state: the first word, and where an earlier one has it, all of it.
_FIRST = [service.split(".", maxsplit=1)[0] for service in USED]
_NAMES = {
    service: service.removesuffix(".amazonaws.com") if first in _FIRST[:at] else first
    for at, (service, first) in enumerate(zip(USED, _FIRST, strict=True))
}
_TOKEN = "aws:iam/serviceLinkedRole:ServiceLinkedRole"  # noqa: S105  # a type


@dataclass(frozen=True)
class ServiceRolesArgs:
    """The services whose role this stack creates, or has created: those of `own_service_roles`."""

    services: Sequence[str]


class ServiceRoles(pulumi.ComponentResource):
    """One role for each service. They are the account's: they stay when this stack goes."""

    def __init__(self, name: str, args: ServiceRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:ServiceRoles", name, None, opts)
        for service in args.services:
            aws.iam.ServiceLinkedRole(
                _NAMES[service],
                aws_service_name=service,
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
        self.register_outputs({})


def own_service_roles() -> Sequence[str]:
    """The services that have no role in this account, and those whose role this stack created.

    An account has one role for each service. Of two stacks the first creates it, and the second finds it.

    Raises:
        UserError: when the account's roles cannot be read.
    """
    ours = {outputs["awsServiceName"] for outputs in deployed_resources(_TOKEN).values()}
    return [service for service in USED if service in ours or not _exists(service)]


def _exists(service: str) -> bool:
    try:
        return bool(aws.iam.get_roles(path_prefix=f"/aws-service-role/{service}/").names)
    except Exception as error:  # noqa: BLE001  # the SDK raises bare exceptions here
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1].strip(" *")
        raise UserError(
            f"the roles of this account cannot be listed ({printable(reason)})", "deploy bootstrap as an AWS admin"
        ) from None
