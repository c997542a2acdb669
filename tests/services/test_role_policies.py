"""What the two roles of a task may do."""

from typing import Any

from role_policies import execution_policy, task_policy


def statements(document: dict[str, object]) -> dict[str, dict[str, Any]]:
    found: Any = document["Statement"]
    return {statement["Sid"]: statement for statement in found}


def test_ecs_may_pull_log_and_read_what_it_is_given() -> None:
    found = statements(execution_policy("arn:repository", ["arn:b", "arn:a"], "arn:log"))
    assert {sid: statement["Resource"] for sid, statement in found.items()} == {
        "PullToken": ["*"],
        "PullImage": ["arn:repository"],
        "WriteLogs": ["arn:log:*"],
        "ReadParameters": ["arn:a", "arn:b"],
    }
    assert found["PullToken"]["Action"] == ["ecr:GetAuthorizationToken"]
    assert found["ReadParameters"]["Action"] == ["ssm:GetParameters"]


def test_without_secrets_it_may_read_none() -> None:
    assert "ReadParameters" not in statements(execution_policy("arn:repository", [], "arn:log"))


def test_the_application_itself_may_only_open_the_exec_channel() -> None:
    (statement,) = statements(task_policy()).values()
    assert statement["Action"] == [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    assert statement["Resource"] == ["*"], "the service has no resources to name"
