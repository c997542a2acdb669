"""What an application may do besides: into its role and that role's boundary, and nothing that reaches too far."""

import json
from pathlib import Path
from typing import Any

import pytest
from application_permissions import application_permissions
from deployer_scope import Scope

from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.naming import Names, Place

SCOPE = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))
UPLOADS = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-uploads/*"}
HERE = "us-east-1:123456789012"


def read(tmp_path: Path, content: object) -> Any:  # noqa: ANN401
    (tmp_path / "own.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return application_permissions("own.json", "backend", SCOPE, tmp_path)


def refusal(tmp_path: Path, content: object) -> str:
    with pytest.raises(UserError) as caught:
        read(tmp_path, content)
    assert caught.value.problem.startswith("own.json (setting `backendPermissions`) ")
    assert caught.value.fix == "correct own.json"
    assert str(caught.value).isprintable()
    return caught.value.problem


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "arn:aws:s3:::acme-uploads/*"),
        ("s3:ListBucket", "arn:aws:s3:::conducky-dev-*"),
        ("sqs:Send*", f"arn:aws:sqs:{HERE}:mails"),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:{HERE}:table/conducky-dev-*"),
        ("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/conducky/dev/backend/*"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:conducky-dev-stripe-??????"),
        ("ses:SendEmail", f"arn:aws:ses:{HERE}:identity/example.com"),
        ("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default"),
        ("scheduler:CreateSchedule", f"arn:aws:scheduler:{HERE}:schedule/default/conducky-dev-*"),
        ("logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:/acme/*"),
        ("rds:DownloadDBLogFilePortion", f"arn:aws:rds:{HERE}:db:conducky-dev-database"),
        ("kms:Decrypt", f"arn:aws:kms:{HERE}:key/01234567-89ab-cdef-0123-456789abcdef"),
    ],
)
def test_what_names_its_own_is_taken(tmp_path: Path, action: str, resource: str) -> None:
    (statement,) = read(tmp_path, [{"Effect": "Allow", "Action": action, "Resource": [resource]}])
    assert (statement.actions, statement.resources) == ([action], [resource])


def test_a_whole_document_and_conditions_are_taken(tmp_path: Path) -> None:
    condition = {"StringEquals": {"s3:x-amz-acl": "private"}}
    found = read(tmp_path, {"Version": "2012-10-17", "Statement": [UPLOADS, {**UPLOADS, "Condition": condition}]})
    assert [statement.sid for statement in found] == ["Own1", "Own2"]
    assert found[1].conditions == condition


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"NotAction": "iam:*"}, "NotAction"),
        ({"NotResource": "arn:aws:s3:::x"}, "NotResource"),
        ({"Principal": "*"}, "Principal"),
        ({"NotPrincipal": {"AWS": "*"}}, "NotPrincipal"),
        ({"Effect": "Deny"}, "Effect"),
        ({"Effect": None}, "Effect"),
        ({"Action": []}, "Action"),
        ({"Action": [1]}, "Action"),
        ({"Resource": None}, "Resource"),
        ({"Condition": "x"}, "Condition"),
        *(
            ({"Action": action}, "write the service and the action out")
            for action in (
                "*",
                "*:*",
                "s3:*",
                "s?:GetObject",
                "s3:?etObject",
                "s3:G*",
                "s3*",
                "s3",
                "iam*:PassRole",
                "",
            )
        ),
        *(
            ({"Action": ["s3:GetObject", action]}, "somebody else")
            for action in (
                "iam:PassRole",
                "IAM:PassRole",
                "sts:AssumeRole",
                "Sts:Get*",
                "organizations:Leave*",
                "sso:Put*",
            )
        ),
        *(
            ({"Resource": resource}, "write the ARN out")
            for resource in ("*", "arn:aws:*", "arn:aws:*:::x", "arn:*:s3:::x", "arn:aws:s3:*:*:x", "${aws:x}", "x")
        ),
        ({"Resource": "arn:aws:s3:::${aws:username}/*"}, "write the ARN out"),
        *(
            ({"Resource": resource}, "nearly everything")
            for resource in (
                "arn:aws:s3:::*",
                "arn:aws:s3:::?cme",
                f"arn:aws:sqs:{HERE}:*",
                f"arn:aws:dynamodb:{HERE}:table/*",
                f"arn:aws:kms:{HERE}:key/*",
                f"arn:aws:sqs:{HERE}:ab*",
                f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/*",
                f"arn:aws:scheduler:{HERE}:schedule/default/*",
                f"arn:aws:rds:{HERE}:snapshot:rds:*",
                f"arn:aws:logs:{HERE}:log-group:/*",
                "arn:aws:apigateway:us-east-1::/apis/*",
            )
        ),
        *(
            ({"Resource": resource}, "another stack")
            for resource in (
                "arn:aws:s3:::conducky-prod-uploads/*",
                "arn:aws:s3:::conducky-*",
                "arn:aws:s3:::cond*",
                f"arn:aws:rds:{HERE}:db:conducky-prod-database",
                f"arn:aws:rds:{HERE}:snapshot:rds:conducky-prod-*",
                f"arn:aws:elasticloadbalancing:{HERE}:listener/app/conducky-prod-alb/*",
                f"arn:aws:scheduler:{HERE}:schedule/default/conducky-prod-stop",
            )
        ),
        *(
            ({"Resource": f"arn:aws:ssm:{where}:parameter{path}"}, "of such secrets")
            for where, path in (
                (HERE, "/conducky/prod/backend/JWT_SECRET"),
                (HERE, "/conducky/dev/frontend/KEY"),
                (HERE, "/conducky/dev/*"),
                (HERE, "/conducky/dev/back*"),
                (HERE, "*"),
                ("us-east-1:999999999999", "/conducky/dev/backend/KEY"),
            )
        ),
        ({"Resource": f"arn:aws:secretsmanager:{HERE}:secret:conducky-prod-x"}, "of such secrets"),
        ({"Resource": f"arn:aws:secretsmanager:{HERE}:secret:*"}, "of such secrets"),
        ({"Resource": "arn:aws:iam::123456789012:role/OrganizationAdmin"}, "who may do what"),
    ],
    ids=str,
)
def test_what_reaches_too_far_is_refused_in_one_sentence(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    message = refusal(tmp_path, [UPLOADS, {**UPLOADS, **change}])
    assert "statement 2" in message
    assert said in message


@pytest.mark.parametrize("content", ["{", "[]", "{}", '"x"', "[1]", '[["x"]]', "[" * 100_000])
def test_a_file_without_statements_is_refused(tmp_path: Path, content: str) -> None:
    assert refusal(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        application_permissions("own.json", "backend", SCOPE, tmp_path)


def test_statements_that_a_boundary_cannot_hold_are_refused(tmp_path: Path) -> None:
    many = [{**UPLOADS, "Resource": f"arn:aws:s3:::acme-{number:060}/*"} for number in range(60)]
    assert "AWS takes 6144" in refusal(tmp_path, many)


@pytest.mark.parametrize("file", ["/etc/passwd.json", "../own.json", "a/../b.json", "own.yaml", ".hidden.json"])
def test_the_file_is_one_of_the_repository(file: str) -> None:
    with pytest.raises(UserError, match="backendPermissions"):
        evaluate("bootstrap", config={"backendPermissions": file})


def test_they_go_into_the_applications_task_role_and_its_boundary_only() -> None:
    file = "bootstrap/permissions.example.json"
    made = evaluate("bootstrap", config={"backendPermissions": file})
    holding = {
        f"{resource.type.rpartition(':')[2]} {resource.name}"
        for resource in made.resources
        if "acme-uploads" in str(resource.inputs.get("policy"))
    }
    assert holding == {"RolePolicy task-backend", "Policy boundary-task-backend"}
    role = made.one("aws:iam/role:Role", "task-backend")
    boundary = made.one("aws:iam/policy:Policy", "boundary-task-backend")
    assert role.inputs["permissionsBoundary"] == boundary.outputs["arn"]
