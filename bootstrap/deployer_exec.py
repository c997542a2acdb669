"""What a person needs to open a shell in a container; for people only, never the pipeline's."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy


def exec_statements(scope: Scope) -> Sequence[Statement]:
    """ECS Exec into this stack's tasks, and finding them."""
    prefix = scope.names.prefix
    cluster, tasks = scope.arn("ecs", f"cluster/{prefix}*"), scope.arn("ecs", f"task/{prefix}*/*")
    return [
        Statement("OpenShell", ["ecs:ExecuteCommand"], [cluster, tasks], reason="A command in a running container."),
        Statement(
            "FindTask", ["ecs:DescribeTasks"], [tasks], reason="The command line asks for the container's runtime id."
        ),
        Statement(
            "ListTasks",
            ["ecs:ListTasks"],
            ["*"],
            {"ArnLike": {"ecs:cluster": cluster}},
            reason="Which task to open; the cluster restricts it.",
        ),
    ]


def exec_policy(scope: Scope) -> Policy:
    """The policy to attach to each person who may open a shell."""
    return policy(*exec_statements(scope))
