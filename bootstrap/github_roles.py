"""The roles that GitHub Actions assumes, without a key: one that deploys, and one that only previews."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from deployer_scope import Scope
from github_trust import Trusted
from preview_policy import preview_policy

from conducky.policy import Policy, trusting

# Longer than the longest job may take: two builds, and an hour (`steadyStateMinutes` at most) until ECS is steady.
_DEPLOYING_SECONDS = 7200
_PREVIEWING_SECONDS = 3600  # AWS's least


@dataclass(frozen=True)
class GithubRolesArgs:
    """What the roles trust, and the deployer's policies, by area, and boundaries, by identity."""

    scope: Scope
    trusted: Trusted
    policies: Mapping[str, aws.iam.Policy]
    boundaries: Mapping[str, aws.iam.Policy]


class GithubRoles(pulumi.ComponentResource):
    """A role with the same policies as the deployer's user, and where asked for, one for previews."""

    deploy: aws.iam.Role
    preview: aws.iam.Role | None = None

    def __init__(self, name: str, args: GithubRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:GithubRoles", name, None, opts)
        self.deploy = self._role(
            args, "github-deploy", trusting(args.trusted.deploying), _DEPLOYING_SECONDS, "deployer"
        )
        for area, managed in args.policies.items():
            aws.iam.RolePolicyAttachment(
                f"github-deploy-{area}",
                role=self.deploy.name,
                policy_arn=managed.arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
        if args.trusted.previewing:
            trust = trusting(args.trusted.previewing)
            self.preview = self._role(args, "github-preview", trust, _PREVIEWING_SECONDS, "preview")
            aws.iam.RolePolicy(
                "github-preview",
                name=args.scope.names.of("github-preview"),
                role=self.preview.name,
                policy=json.dumps(preview_policy(args.scope), sort_keys=True),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"deploy": self.deploy.arn})

    def _role(self, args: GithubRolesArgs, part: str, trust: Policy, seconds: int, boundary: str) -> aws.iam.Role:
        return aws.iam.Role(
            part,
            # The deployer's boundary denies it everything about roles of this name.
            name=args.scope.names.of(part),
            assume_role_policy=json.dumps(trust, sort_keys=True),
            permissions_boundary=args.boundaries[boundary].arn,
            max_session_duration=seconds,
            opts=pulumi.ResourceOptions(parent=self),
        )
