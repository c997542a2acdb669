"""The permissions boundary: the most that any role of this stack can ever do."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import EXEC_ACTIONS, Policy, Statement, policy


def boundary_policy(scope: Scope) -> Policy:
    """What tasks may need: pull this stack's images, read its parameters, write its logs, be reached by ECS Exec."""
    return policy(*boundary_statements(scope))


def boundary_statements(scope: Scope) -> Sequence[Statement]:
    """The statements of the boundary."""
    return [
        Statement("PullToken", ["ecr:GetAuthorizationToken"], ["*"], reason="Signing in to ECR, before any pull."),
        Statement(
            "PullImages",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [scope.arn("ecr", f"repository/{scope.names.prefix}*")],
            reason="Execution roles pull this stack's images.",
        ),
        Statement(
            "ReadParameters",
            ["ssm:GetParameters"],
            [scope.parameters],
            reason="Execution roles read the backend's secrets.",
        ),
        # AWS's own key lets the account decrypt through SSM; whether a boundary that is silent on KMS takes that away
        # is not something a deployment should depend on.
        Statement(
            "DecryptParameters",
            ["kms:Decrypt"],
            [scope.arn("kms", "key/*")],
            {
                "StringEquals": {"kms:ViaService": f"ssm.{scope.place.region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:PARAMETER_ARN": scope.parameters},
            },
            reason="Those secrets are encrypted; through SSM only, and only this stack's.",
        ),
        Statement(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [scope.arn("logs", f"log-group:{scope.names.prefix}*")],
            reason="Execution roles write the applications' logs.",
        ),
        Statement(
            "ExecChannel", EXEC_ACTIONS, ["*"], reason="Task roles keep ECS Exec's channel open; AWS offers no scope."
        ),
    ]
