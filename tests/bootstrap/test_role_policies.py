"""What the roles may do that AWS's services assume."""

from typing import Any

from deployer_scope import Scope
from role_policies import execution_policy, infrastructure_policy, scheduler_policy, task_policy

from conducky.naming import Names, Place
from conducky.policy import EXEC_ACTIONS, Statement

SCOPE = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))


def statements(document: dict[str, object]) -> dict[str, dict[str, Any]]:
    found: Any = document["Statement"]
    return {statement["Sid"]: statement for statement in found}


def test_ecs_may_pull_log_and_read_what_belongs_to_the_application() -> None:
    found = statements(execution_policy(SCOPE, "backend"))
    assert {sid: statement["Resource"] for sid, statement in found.items()} == {
        "PullToken": ["*"],
        "PullImage": ["arn:aws:ecr:us-east-1:123456789012:repository/conducky-dev-backend"],
        "WriteLogs": [
            f"arn:aws:logs:us-east-1:123456789012:log-group:conducky-dev-{name}:*" for name in ("backend", "worker")
        ],
        "ReadParameters": ["arn:aws:ssm:us-east-1:123456789012:parameter/conducky/dev/backend/*"],
    }
    assert found["PullToken"]["Action"] == ["ecr:GetAuthorizationToken"]
    assert found["ReadParameters"]["Action"] == ["ssm:GetParameters"]


def test_the_application_itself_may_only_open_the_exec_channel() -> None:
    (statement,) = statements(task_policy()).values()
    assert statement["Action"] == [*EXEC_ACTIONS]
    assert statement["Resource"] == ["*"], "the service has no resources to name"


def test_an_application_may_do_what_its_statements_say_besides() -> None:
    own = Statement("Uploads", ["s3:PutObject"], ["arn:aws:s3:::uploads/*"])
    assert list(statements(task_policy([own]))) == ["ExecChannel", "Uploads"]


def test_a_schedule_stops_and_starts_this_stack_and_nothing_else() -> None:
    found = statements(scheduler_policy(SCOPE))
    assert {sid: statement["Resource"] for sid, statement in found.items()} == {
        "ScaleServices": ["arn:aws:ecs:us-east-1:123456789012:service/conducky-dev-*/*"],
        "StopDatabase": ["arn:aws:rds:us-east-1:123456789012:db:conducky-dev-*"],
    }


def test_ecs_shifts_traffic_of_this_stacks_load_balancers_only() -> None:
    found = statements(infrastructure_policy(SCOPE))
    changing = {sid: each["Resource"] for sid, each in found.items() if each["Resource"] != ["*"]}
    assert changing == {
        "MoveTargets": ["arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/conducky-dev-*"],
        "ShiftTraffic": ["arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/conducky-dev-*"],
        "ShiftTrafficOfPaths": ["arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/conducky-dev-*"],
    }
    (looking,) = (each for each in found.values() if each["Resource"] == ["*"])
    assert all(action.startswith("elasticloadbalancing:Describe") for action in looking["Action"])
