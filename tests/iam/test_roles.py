"""The roles of the tasks: under their own policy and the boundary they may do exactly their work."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from conducky.evaluation.evaluate import Resource
from conducky.policy import EXEC_ACTIONS, Policy
from tests.iam.deployments import ADMINISTRATOR, VARIANTS, Deployment
from tests.iam.judge import Question, Request, judge
from tests.iam.mutations import without_each
from tests.summary import note

Deployed = Callable[[str], Deployment]
ROLES = ["execution-frontend", "task-frontend", "execution-backend", "task-backend"]
KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"

# AWS's own key for SSM: anyone in the account may use it through SSM.
KEY_POLICY: Policy = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["kms:Decrypt"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "ssm.us-east-1.amazonaws.com"}
            },
        }
    ],
}


@dataclass(frozen=True)
class Role:
    """A role, its inline policy, and what its task needs of it."""

    arn: str
    policy: Policy
    needs: tuple[Request, ...]


def role(made: Deployment, name: str) -> Role:
    """The role of that name, with its needs read from the task definition that names it."""
    services, bootstrap = made.layers["services"], made.layers["bootstrap"]
    found = bootstrap.one("aws:iam/role:Role", name)
    policy: Policy = json.loads(bootstrap.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])
    kind, application = name.split("-")
    arn, key = str(found.outputs["arn"]), "executionRoleArn" if kind == "execution" else "taskRoleArn"
    definitions = [each for each in services.of("aws:ecs/taskDefinition:TaskDefinition") if each.inputs[key] == arn]
    assert made.names.of(application) in {each.inputs["family"] for each in definitions}
    needs = itertools.chain.from_iterable(
        _to_start(each, made) if kind == "execution" else _to_be_reached() for each in definitions
    )
    return Role(arn, policy, tuple(_as(arn, made, *need) for need in needs))


def _as(arn: str, made: Deployment, action: str, resource: str, context: Mapping[str, str]) -> Request:
    name = arn.rsplit("/", 1)[-1]
    session = f"arn:aws:sts::{made.caller.place.account_id}:assumed-role/{name}/0123456789abcdef"
    return Request(action, resource, {"aws:PrincipalArn": arn, **context}, session)


def _to_start(definition: Resource, made: Deployment) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What ECS does with the execution role before the container runs."""
    (container,) = json.loads(definition.inputs["containerDefinitions"])
    yield "ecr:GetAuthorizationToken", "*", {}
    repository = made.caller.arn("ecr", "repository/" + container["image"].split("/", 1)[1].split("@")[0])
    for action in ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
        yield action, repository, {}
    stream = made.caller.arn("logs", f"log-group:{_log_group(container)}:log-stream:{container['name']}/x/0123")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield action, stream, {}
    for secret in container["secrets"]:
        yield "ssm:GetParameters", secret["valueFrom"], {}
        yield "kms:Decrypt", KEY, _through_ssm(secret["valueFrom"])


def _to_be_reached() -> Iterator[tuple[str, str, dict[str, str]]]:
    """What ECS Exec's agent does in the container."""
    for action in EXEC_ACTIONS:
        yield action, "*", {}


def _log_group(container: Mapping[str, Any]) -> str:
    return container["logConfiguration"]["options"]["awslogs-group"]


def _through_ssm(parameter: str) -> dict[str, str]:
    return {
        "kms:CallerAccount": "123456789012",
        "kms:EncryptionContext:PARAMETER_ARN": parameter,
        "kms:ViaService": "ssm.us-east-1.amazonaws.com",
    }


def _boundary(made: Deployment) -> Policy:
    return json.loads(made.layers["bootstrap"].one("aws:iam/policy:Policy", "boundary").inputs["policy"])


def _question(request: Request, identity: str = "role", boundary: str | None = "boundary") -> Question:
    """Under the policy of AWS's own key for SSM, where a key has a say."""
    return Question(request, (identity,), boundary, "key" if request.action == "kms:Decrypt" else None)


@pytest.mark.parametrize("label", VARIANTS)
def test_each_role_may_do_its_work(deployed: Deployed, label: str) -> None:
    made = deployed(label)
    count = 0
    for name in ROLES:
        one = role(made, name)
        policies = {"role": one.policy, "boundary": _boundary(made), "key": KEY_POLICY}
        verdicts = judge(policies, [_question(request) for request in one.needs])
        refused = [
            f"{request.action} on {request.resource}"
            for request, verdict in zip(one.needs, verdicts, strict=True)
            if verdict != "Allowed"
        ]
        assert refused == [], f"{name} of {label}"
        count += len(one.needs)
    note("IAM", f"{label}: {count} calls of the tasks' roles, all allowed under the boundary")


@pytest.mark.parametrize("name", ROLES)
def test_a_role_has_nothing_that_its_task_does_not_need(deployed: Deployed, name: str) -> None:
    dev = deployed("every option")  # where a worker has the backend's roles
    one = role(dev, name)
    mutations = [m for kind in ("Action", "Resource") for m in without_each({"role": one.policy}, kind)]
    policies: dict[str, Policy] = {m.lost: m.policy for m in mutations}
    policies |= {"boundary": _boundary(dev), "key": KEY_POLICY}
    asked = [(m.lost, request) for m in mutations for request in one.needs]
    verdicts = judge(policies, [_question(request, lost) for lost, request in asked])
    needed = {lost for (lost, _), verdict in zip(asked, verdicts, strict=True) if verdict != "Allowed"}
    unneeded = [m.lost for m in mutations if m.lost not in needed]
    # The frontend has no secret today; its path is its own for the day it has one.
    assert [lost for lost in unneeded if not (name == "execution-frontend" and "ReadParameters" in lost)] == []


def test_the_boundary_has_nothing_that_no_role_needs(dev: Deployment) -> None:
    roles = [role(dev, name) for name in ROLES]
    policies: dict[str, Policy] = {f"role {number}": one.policy for number, one in enumerate(roles)}
    # Judged as if the key's policy left it to IAM, so that what the boundary says of KMS counts.
    policies["through kms"] = ADMINISTRATOR
    mutations = [m for kind in ("Action", "Resource") for m in without_each({"boundary": _boundary(dev)}, kind)]
    for number, mutation in enumerate(mutations):
        policies[f"boundary {number}"] = mutation.policy
    asked = [
        (mutation, Question(request, (own,), f"boundary {number}"))
        for number, mutation in enumerate(mutations)
        for index, one in enumerate(roles)
        for request in one.needs
        for own in ["through kms" if request.action == "kms:Decrypt" else f"role {index}"]
    ]
    verdicts = judge(policies, [question for _, question in asked])
    needed = {mutation.lost for (mutation, _), verdict in zip(asked, verdicts, strict=True) if verdict != "Allowed"}
    assert [mutation.lost for mutation in mutations if mutation.lost not in needed] == []


def _beyond(made: Deployment, other: Deployment) -> list[tuple[str, str, dict[str, str]]]:
    """What no task of `made` has any business with."""
    theirs = "parameter" + other.names.parameter("backend", "JWT_SECRET")
    foreign = made.caller.arn("ssm", theirs)
    own = made.caller.arn("ssm", "parameter" + made.names.parameter("backend", "JWT_SECRET"))
    logs = other.caller.arn("logs", f"log-group:{other.names.of('backend')}")
    repository = other.caller.arn("ecr", f"repository/{other.names.of('backend')}")
    own_repository = made.caller.arn("ecr", f"repository/{made.names.of('backend')}")
    database = made.caller.find("aws:rds/instance:Instance").outputs["arn"]
    return [
        ("ssm:GetParameters", foreign, {}),
        ("ssm:GetParameter", foreign, {}),
        ("ssm:GetParametersByPath", made.caller.arn("ssm", "parameter/conducky"), {}),
        ("ssm:PutParameter", own, {}),
        ("ssm:DeleteParameter", own, {}),
        ("kms:Encrypt", KEY, _through_ssm(own)),
        ("ecr:BatchGetImage", repository, {}),
        ("ecr:PutImage", own_repository, {}),
        ("ecr:BatchDeleteImage", own_repository, {}),
        ("logs:PutLogEvents", f"{logs}:log-stream:x", {}),
        ("logs:FilterLogEvents", logs, {}),
        ("logs:CreateLogGroup", logs, {}),
        ("rds:DescribeDBInstances", str(database), {}),
        ("rds:ModifyDBInstance", str(database), {}),
        ("rds-db:connect", made.caller.arn("rds-db", "dbuser:db-ABC/conducky"), {}),
        ("ecs:UpdateService", made.caller.arn("ecs", "service/conducky-dev-cluster/conducky-dev-backend"), {}),
        ("ecs:ExecuteCommand", made.caller.arn("ecs", "task/conducky-dev-cluster/0123"), {}),
        ("iam:PassRole", made.scope.arn("iam", "role/conducky-dev-task-backend"), {}),
        (
            "iam:CreateRole",
            made.scope.arn("iam", "role/conducky-dev-x"),
            {"iam:PermissionsBoundary": made.scope.arn("iam", "policy/conducky-dev-boundary")},
        ),
        ("iam:CreateAccessKey", made.scope.arn("iam", "user/conducky-dev-deployer"), {}),
        ("sts:AssumeRole", made.scope.arn("iam", "role/conducky-dev-github-deploy"), {}),
        ("s3:GetObject", "arn:aws:s3:::other/key", {}),
        ("s3:ListAllMyBuckets", "*", {}),
        ("secretsmanager:GetSecretValue", made.caller.arn("secretsmanager", "secret:other-AbCdEf"), {}),
        ("ec2:DescribeInstances", "*", {}),
        ("ssm:StartSession", made.caller.arn("ecs", "task/conducky-dev-cluster/0123"), {}),
    ]


@pytest.mark.parametrize("theirs", ["prod", "another project"])
def test_a_role_reaches_nothing_else_even_as_administrator(dev: Deployment, deployed: Deployed, theirs: str) -> None:
    """Whatever policy somebody attaches to them by mistake: the boundary is what holds."""
    policies: dict[str, Policy] = {"boundary": _boundary(dev), "key": KEY_POLICY, "admin": ADMINISTRATOR}
    tried: list[Request] = []
    for name in ROLES:
        one = role(dev, name)
        policies[name] = one.policy
        beyond = [_as(one.arn, dev, *what) for what in _beyond(dev, deployed(theirs))]
        tried += beyond
        for identity in (name, "admin"):
            verdicts = judge(policies, [_question(request, identity) for request in beyond])
            allowed = [r.action for r, verdict in zip(beyond, verdicts, strict=True) if verdict == "Allowed"]
            assert allowed == [], f"{name} with policy {identity}"
    free = judge(policies, [_question(request, "admin", None) for request in tried])
    assert set(free) == {"Allowed"}, "without the boundary an administrator may, so the denials mean something"
    note("IAM", f"dev: {len(tried)} trespasses of the tasks' roles on {theirs}, all denied even as administrators")


@pytest.mark.parametrize("name", ROLES)
def test_a_role_reads_no_other_applications_secrets(dev: Deployment, name: str) -> None:
    one = role(dev, name)
    every = [r for r in dev.caller.resources if r.type == "aws:ssm/parameter:Parameter"]
    own = {request.resource for request in one.needs if request.action == "ssm:GetParameters"}
    others = [str(r.outputs["arn"]) for r in every if r.outputs["arn"] not in own]
    assert len(others) == (0 if name == "execution-backend" else 3)
    asked = [_question(_as(one.arn, dev, "ssm:GetParameters", arn, {})) for arn in others]
    policies = {"role": one.policy, "boundary": _boundary(dev)}
    assert "Allowed" not in judge(policies, asked)


def test_a_role_cannot_decrypt_another_stacks_secret(dev: Deployment) -> None:
    """Where the key's policy leaves it to IAM, the boundary names the parameters."""
    one = role(dev, "execution-backend")
    policies = {"admin": ADMINISTRATOR, "boundary": _boundary(dev)}

    def decrypt(parameter: str, service: str = "ssm.us-east-1.amazonaws.com") -> Question:
        arn = dev.caller.arn("ssm", f"parameter{parameter}")
        context = {**_through_ssm(arn), "kms:ViaService": service}
        return Question(_as(one.arn, dev, "kms:Decrypt", KEY, context), ("admin",), "boundary")

    assert judge(
        policies,
        [
            decrypt("/conducky/dev/backend/JWT_SECRET"),
            decrypt("/conducky/prod/backend/JWT_SECRET"),
            decrypt("/conducky/dev/backend/JWT_SECRET", "s3.us-east-1.amazonaws.com"),
        ],
    ) == ["Allowed", "ImplicitlyDenied", "ImplicitlyDenied"]
