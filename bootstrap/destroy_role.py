"""The role with which a stack is removed: the only one but an admin that deletes what is protected."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from deployer_scope import Scope
from github_trust import Trusted

from conducky.policy import Policy, trusting

_SECONDS = 7200  # as long as a job of destroy.yml may take


@dataclass(frozen=True)
class DestroyRoleArgs:
    """What the role may do, and what it trusts of GitHub's tokens; nothing where no repository is set."""

    scope: Scope
    boundary_arn: pulumi.Output[str]
    policies: Mapping[str, aws.iam.Policy]
    trusted: Trusted | None


def destroy_trust(account_id: str, trusted: Trusted | None) -> Policy:
    """Trust in the account's admins, and in tokens of `destroy.yml`.

    Naming the account leaves it to IAM who of it may assume the role: admins, for every boundary that bootstrap creates
    denies that.
    """
    admins: dict[str, object] = {
        "Sid": "Admins",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "sts:AssumeRole",
    }
    return trusting(admins, *([trusted.destroying] if trusted else []))


class DestroyRole(pulumi.ComponentResource):
    """A role with the deployer's policies, under a boundary of its own that lets it delete."""

    role: aws.iam.Role

    def __init__(self, name: str, args: DestroyRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:DestroyRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        trust = destroy_trust(args.scope.place.account_id, args.trusted)
        self.role = aws.iam.Role(
            "destroy",
            name=args.scope.names.of("destroy"),
            assume_role_policy=json.dumps(trust, sort_keys=True),
            permissions_boundary=args.boundary_arn,
            max_session_duration=_SECONDS,
            opts=child,
        )
        for area, managed in args.policies.items():
            aws.iam.RolePolicyAttachment(f"destroy-{area}", role=self.role.name, policy_arn=managed.arn, opts=child)
        self.register_outputs({"role": self.role.arn})
