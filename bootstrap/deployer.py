"""The IAM user that deploys platform and services, what it may do, and the boundaries of all identities and roles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from boundary_policy import boundary_policy
from deployer_exec import exec_policy
from deployer_policy import deployer_policies
from deployer_scope import Scope
from identity_boundaries import identity_boundaries

from conducky.policy import Policy, terse_policy


@dataclass(frozen=True)
class DeployerArgs:
    """The stack that the deployer deploys."""

    scope: Scope


class Deployer(pulumi.ComponentResource):
    """A user with one managed policy for each area, and no access key.

    A key created here would be readable in two states; an admin creates one with `conducky credentials`.
    """

    boundary: aws.iam.Policy  # of the roles that tasks have
    boundaries: Mapping[str, aws.iam.Policy]  # of the identities that deploy
    user: aws.iam.User
    policies: Mapping[str, aws.iam.Policy]

    def __init__(self, name: str, args: DeployerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:Deployer", name, None, opts)
        scope = args.scope
        self.boundary = self._policy(
            scope,
            "boundary",
            f"The most that a role of stack {scope.names.stack} can ever do",
            boundary_policy(scope),
        )
        self.boundaries = {
            identity: self._policy(
                scope, f"{identity}-boundary", f"The most that it can ever do: {identity}", terse_policy(*statements)
            )
            for identity, statements in identity_boundaries(scope).items()
        }
        self.user = aws.iam.User(
            "deployer",
            name=scope.names.of("deployer"),
            # An admin creates and removes its keys outside Pulumi; they must not stop `pulumi destroy`.
            force_destroy=True,
            permissions_boundary=self.boundaries["deployer"].arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # For people who open a shell in a container, attached by the admin, and never to the pipeline.
        self._policy(scope, "exec", "Open commands in this stack's containers", exec_policy(scope))
        self.policies = {
            area: self._policy(scope, f"deployer-{area}", f"What the deployer may do: {area}", document)
            for area, document in deployer_policies(scope).items()
        }
        for area, managed in self.policies.items():
            aws.iam.UserPolicyAttachment(
                f"deployer-{area}",
                user=self.user.name,
                policy_arn=managed.arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"user": self.user.arn, "boundary": self.boundary.arn})

    def _policy(self, scope: Scope, part: str, description: str, document: Policy) -> aws.iam.Policy:
        return aws.iam.Policy(
            part,
            # The policies name the boundary by its ARN, so its name is fixed.
            name=scope.names.of(part),
            description=description,
            policy=json.dumps(document, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
