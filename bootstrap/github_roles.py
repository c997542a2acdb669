"""The roles that GitHub Actions assumes, without a key: one that deploys, and one that only previews."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from deployer_scope import Scope
from github_trust import trust_policy
from preview_policy import preview_policy

from conducky.policy import Policy

# Longer than the longest job may take: two builds, and an hour (`steadyStateMinutes` at most) until ECS is steady.
_DEPLOYING_SECONDS = 7200
_PREVIEWING_SECONDS = 3600  # AWS's least


@dataclass(frozen=True)
class GithubRolesArgs:
    """The provider that vouches for the tokens, and the subjects that each role trusts; none for no previews.

    `workflows` are those that deploy, and `policies` the deployer's, by area.
    """

    scope: Scope
    provider_arn: str
    policies: Mapping[str, aws.iam.Policy]
    deploying: Sequence[str]
    workflows: Sequence[str]
    previewing: Sequence[str] = ()


class GithubRoles(pulumi.ComponentResource):
    """A role with the same policies as the deployer's user, and where asked for, one for previews."""

    deploy: aws.iam.Role
    preview: aws.iam.Role | None = None

    def __init__(self, name: str, args: GithubRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:bootstrap:GithubRoles", name, None, opts)
        trust = trust_policy(args.provider_arn, args.deploying, args.workflows)
        self.deploy = self._role(args, "github-deploy", trust, _DEPLOYING_SECONDS)
        for area, managed in args.policies.items():
            aws.iam.RolePolicyAttachment(
                f"github-deploy-{area}",
                role=self.deploy.name,
                policy_arn=managed.arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
        if args.previewing:
            trust = trust_policy(args.provider_arn, args.previewing)
            self.preview = self._role(args, "github-preview", trust, _PREVIEWING_SECONDS)
            aws.iam.RolePolicy(
                "github-preview",
                name=args.scope.names.of("github-preview"),
                role=self.preview.name,
                policy=json.dumps(preview_policy(args.scope), sort_keys=True),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"deploy": self.deploy.arn})

    def _role(self, args: GithubRolesArgs, part: str, trust: Policy, seconds: int) -> aws.iam.Role:
        return aws.iam.Role(
            part,
            # The deployer's policies deny it everything about roles of this name.
            name=args.scope.names.of(part),
            assume_role_policy=json.dumps(trust, sort_keys=True),
            max_session_duration=seconds,
            opts=pulumi.ResourceOptions(parent=self),
        )
