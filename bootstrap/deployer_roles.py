"""What the deployer may do in IAM: make the tasks' roles under the boundary, and nothing to widen its own rights."""

from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy


def roles_policy(scope: Scope) -> Policy:
    """The tasks' roles, created only under the boundary and passed only to ECS; and no way to widen any of this."""
    roles = [scope.iam(f"role/{scope.names.prefix}*")]
    boundary = {"StringEquals": {"iam:PermissionsBoundary": scope.boundary_arn}}
    return policy(
        Statement("WriteRolesUnderBoundary", ["iam:CreateRole", "iam:PutRolePolicy"], roles, boundary),
        # These know no boundary condition, and none of them widens what a role may do.
        Statement(
            "ReadAndTidyRoles",
            [
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListInstanceProfilesForRole",
                "iam:ListRolePolicies",
                "iam:ListRoleTags",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
                "iam:UpdateRoleDescription",
            ],
            roles,
        ),
        Statement(
            "PassRolesToTasks",
            ["iam:PassRole"],
            roles,
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        # A new account has none of these; the services make them on first use, on the caller's permission.
        Statement(
            "FirstUseOfAService",
            ["iam:CreateServiceLinkedRole"],
            [scope.iam("role/aws-service-role/*")],
            {
                "StringEquals": {
                    "iam:AWSServiceName": [
                        "ecs.amazonaws.com",
                        "elasticloadbalancing.amazonaws.com",
                        "rds.amazonaws.com",
                    ]
                }
            },
        ),
        Statement(
            "NoWayOut",
            [
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:DeleteRolePermissionsBoundary",
                "iam:PutRolePermissionsBoundary",
                "iam:SetDefaultPolicyVersion",
                "iam:*AccessKey*",
                "iam:*LoginProfile*",
                "iam:*User*",
            ],
            ["*"],
            effect="Deny",
        ),
    )
