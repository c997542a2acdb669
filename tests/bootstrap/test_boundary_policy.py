"""The permissions boundary: the most a task's role can ever do."""

import json
from typing import Any

from boundary_policy import boundary_policy
from deployer_scope import Scope

from conducky.naming import Names, Place

DOCUMENT = boundary_policy(Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012")))
STATEMENTS: Any = DOCUMENT["Statement"]
BY_SID: dict[str, dict[str, Any]] = {statement["Sid"]: statement for statement in STATEMENTS}


def test_it_allows_what_tasks_need_and_nothing_else() -> None:
    actions = sorted(action for statement in BY_SID.values() for action in statement["Action"])
    assert actions == [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "kms:Decrypt",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ssm:GetParameters",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]


def test_it_names_this_stack_wherever_iam_can() -> None:
    assert BY_SID["PullImages"]["Resource"] == ["arn:aws:ecr:us-east-1:123456789012:repository/conducky-dev-*"]
    assert BY_SID["ReadParameters"]["Resource"] == ["arn:aws:ssm:us-east-1:123456789012:parameter/conducky/dev/*"]
    assert BY_SID["WriteLogs"]["Resource"] == ["arn:aws:logs:us-east-1:123456789012:log-group:conducky-dev-*"]
    everywhere = sorted(sid for sid, statement in BY_SID.items() if statement["Resource"] == ["*"])
    assert everywhere == ["ExecChannel", "PullToken"]


def test_it_decrypts_this_stacks_parameters_only() -> None:
    assert BY_SID["DecryptParameters"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"},
        "StringLike": {
            "kms:EncryptionContext:PARAMETER_ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/conducky/dev/*"
        },
    }


def test_it_fits_a_managed_policy() -> None:
    assert len(json.dumps(DOCUMENT)) <= 6144
