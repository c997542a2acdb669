"""The permissions boundary: the most that any role of this stack can ever do."""

from conducky.naming import Names
from conducky.policy import EXEC_ACTIONS, Policy, Statement, policy


def boundary_policy(names: Names, region: str, account_id: str) -> Policy:
    """What tasks may need: pull this stack's images, read its parameters, write its logs, be reached by ECS Exec."""
    return policy(
        Statement("PullToken", ["ecr:GetAuthorizationToken"], ["*"]),
        Statement(
            "PullImages",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [f"arn:aws:ecr:{region}:{account_id}:repository/{names.prefix}*"],
        ),
        Statement(
            "ReadParameters",
            ["ssm:GetParameters"],
            [f"arn:aws:ssm:{region}:{account_id}:parameter{names.parameter('*')}"],
        ),
        Statement(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"arn:aws:logs:{region}:{account_id}:log-group:{names.prefix}*"],
        ),
        Statement("ExecChannel", EXEC_ACTIONS, ["*"]),
    )
