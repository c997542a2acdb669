"""What the two roles of a task may do; pure data."""

from collections.abc import Sequence

from conducky.policy import EXEC_ACTIONS, Policy, Statement, policy


def execution_policy(repository_arn: str, parameter_arns: Sequence[str], log_group_arn: str) -> Policy:
    """ECS's own work before the container runs: pull this image, read these parameters, open this log."""
    statements = [
        # The token has no resource level; what it opens is restricted by the next statement.
        Statement("PullToken", ["ecr:GetAuthorizationToken"], ["*"]),
        Statement(
            "PullImage",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository_arn],
        ),
        Statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
    ]
    if parameter_arns:
        statements.append(Statement("ReadParameters", ["ssm:GetParameters"], parameter_arns))
    return policy(*statements)


def task_policy() -> Policy:
    """The application's own rights in AWS: none but the channel that ECS Exec opens into the container."""
    return policy(Statement("ExecChannel", EXEC_ACTIONS, ["*"]))
