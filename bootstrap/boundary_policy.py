"""The permissions boundary: the most that any role of this stack can ever do."""

from collections.abc import Sequence

from conducky.naming import Names
from conducky.policy import EXEC_ACTIONS, Policy, Statement, policy


def boundary_policy(names: Names, region: str, account_id: str) -> Policy:
    """What tasks may need: pull this stack's images, read its parameters, write its logs, be reached by ECS Exec."""
    return policy(*boundary_statements(names, region, account_id))


def boundary_statements(names: Names, region: str, account_id: str) -> Sequence[Statement]:
    """The statements of the boundary."""
    parameters = f"arn:aws:ssm:{region}:{account_id}:parameter{names.parameter('*')}"
    return [
        Statement("PullToken", ["ecr:GetAuthorizationToken"], ["*"], reason="Signing in to ECR, before any pull."),
        Statement(
            "PullImages",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [f"arn:aws:ecr:{region}:{account_id}:repository/{names.prefix}*"],
            reason="Execution roles pull this stack's images.",
        ),
        Statement(
            "ReadParameters",
            ["ssm:GetParameters"],
            [parameters],
            reason="Execution roles read the backend's secrets.",
        ),
        # AWS's own key lets the account decrypt through SSM; whether a boundary that is silent on KMS takes that away
        # is not something a deployment should depend on.
        Statement(
            "DecryptParameters",
            ["kms:Decrypt"],
            [f"arn:aws:kms:{region}:{account_id}:key/*"],
            {
                "StringEquals": {"kms:ViaService": f"ssm.{region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:PARAMETER_ARN": parameters},
            },
            reason="Those secrets are encrypted; through SSM only, and only this stack's.",
        ),
        Statement(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"arn:aws:logs:{region}:{account_id}:log-group:{names.prefix}*"],
            reason="Execution roles write the applications' logs.",
        ),
        Statement(
            "ExecChannel", EXEC_ACTIONS, ["*"], reason="Task roles keep ECS Exec's channel open; AWS offers no scope."
        ),
    ]
