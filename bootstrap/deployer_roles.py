"""What the deployer may do in IAM: create the tasks' roles under the boundary, never widen its own rights."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement

# On first use in an account each service creates the role that AWS defines for it, with the caller's permission.
_FIRST_USED_HERE = ("ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com", "rds.amazonaws.com")


def roles_statements(scope: Scope) -> Sequence[Statement]:
    """The tasks' roles, created only under the boundary and passed only to ECS; and no way to widen any of this."""
    return [*_allowed(scope), *_denied(scope)]


def _allowed(scope: Scope) -> Sequence[Statement]:
    roles = [scope.arn("iam", f"role/{scope.names.prefix}*")]
    return [
        Statement(
            "WriteRolesUnderBoundary",
            ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
            roles,
            {"StringEquals": scope.under_boundary},
            reason="The execution and task role of each service, only ever under the boundary.",
        ),
        # Without the boundary's condition: IAM does not know it for all of these, and a key that is missing denies.
        # None of them widens what a role may do, which the boundary limits.
        Statement(
            "ReadAndTidyRoles",
            [
                "iam:DeleteRole",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListInstanceProfilesForRole",
                "iam:ListRolePolicies",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
                "iam:UpdateRoleDescription",
            ],
            roles,
            reason="Reading, tagging, changing and deleting those roles.",
        ),
        Statement(
            "PassRolesToTasks",
            ["iam:PassRole"],
            roles,
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            reason="Task definitions and services name the roles; no other service may be given one.",
        ),
        Statement(
            "FirstUseOfAService",
            ["iam:CreateServiceLinkedRole"],
            [scope.arn("iam", f"role/aws-service-role/{service}/*") for service in _FIRST_USED_HERE],
            {"StringEquals": {"iam:AWSServiceName": list(_FIRST_USED_HERE)}},
            reason="A new account has none of the roles that ECS, load balancers and RDS work with.",
        ),
    ]


def _denied(scope: Scope) -> Sequence[Statement]:
    """What stays forbidden even if somebody gives the deployer another policy."""
    return [
        Statement(
            "OnlyUnderTheBoundary",
            ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
            ["*"],
            {"StringNotEquals": scope.under_boundary},
            effect="Deny",
            reason="No role without this stack's boundary, or with another.",
        ),
        Statement(
            "NoWayOut",
            [
                "iam:*AccessKey*",
                "iam:*Group*",
                "iam:*LoginProfile*",
                "iam:*OpenIDConnectProvider*",
                "iam:*SAMLProvider*",
                "iam:*User*",
                "iam:AttachRolePolicy",
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:DeleteRolePermissionsBoundary",
                "iam:SetDefaultPolicyVersion",
            ],
            ["*"],
            effect="Deny",
            reason="No keys, logins, users, groups or sign-in providers; no attached or rewritten policy; no boundary "
            "taken off.",
        ),
        Statement(
            "HandsOffItself",
            ["iam:*", "sts:AssumeRole"],
            scope.identities,
            effect="Deny",
            reason="Nothing at all with the identities that deploy, their policies and the boundary.",
        ),
    ]
