"""The policies of people who run one-off tasks, and of those who open a tunnel to the database."""

from collections.abc import Sequence

import pytest
from people_policies import TUNNEL, people_policies

from tests.iam.deployments import Deployment
from tests.iam.judge import Question, Request, judge
from tests.iam.mutations import without_each

HERE, PERSON = "us-east-1:123456789012", "arn:aws:iam::123456789012:user/developer"
DOCUMENT = f"arn:aws:ssm:us-east-1:123456789012:document/{TUNNEL}"


def _requests(stack: str, part: str) -> Sequence[Request]:
    prefix = f"conducky-{stack}"
    cluster, task = (
        f"arn:aws:ecs:{HERE}:{each}"
        for each in (f"cluster/{prefix}-cluster", f"task/{prefix}-cluster/0123456789abcdef")
    )
    in_cluster = {"ecs:cluster": cluster}
    common = [Request("ecs:DescribeTasks", task, in_cluster, PERSON)]
    if part == "run":
        definition = f"arn:aws:ecs:{HERE}:task-definition/{prefix}-backend:7"
        roles = [f"arn:aws:iam::123456789012:role/{prefix}-{kind}-backend" for kind in ("execution", "task")]
        return [
            *common,
            Request("ecs:RunTask", definition, in_cluster, PERSON),
            Request("ecs:StopTask", task, in_cluster, PERSON),
            Request(
                "ecs:DescribeServices", f"arn:aws:ecs:{HERE}:service/{prefix}-cluster/{prefix}-backend", {}, PERSON
            ),
            *(
                Request("iam:PassRole", role, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}, PERSON)
                for role in roles
            ),
            Request("logs:GetLogEvents", f"arn:aws:logs:{HERE}:log-group:{prefix}-backend:log-stream:a", {}, PERSON),
        ]
    database, snapshot = (
        f"arn:aws:rds:{HERE}:db:{prefix}-database1a2b",
        f"arn:aws:rds:{HERE}:snapshot:{prefix}-database-b",
    )
    parameter = f"arn:aws:ssm:{HERE}:parameter/conducky/{stack}/backend/DATABASE_URL"
    return [
        *common,
        *_session(task, DOCUMENT),
        Request("ecs:ListTasks", f"arn:aws:ecs:{HERE}:container-instance/{prefix}-cluster/0", in_cluster, PERSON),
        Request("ssm:GetParameter", parameter, {}, PERSON),
        Request("rds:CreateDBSnapshot", database, {}, PERSON),
        Request("rds:CreateDBSnapshot", snapshot, {}, PERSON),
        Request("rds:AddTagsToResource", snapshot, {}, PERSON),
    ]


def _session(task: str, document: str, checked: str = "true") -> list[Request]:
    context = {"ssm:SessionDocumentAccessCheck": checked}
    return [Request("ssm:StartSession", each, context, PERSON) for each in (task, document)]


@pytest.mark.parametrize("part", ["run", "database"])
def test_it_reaches_this_stack_and_no_other(dev: Deployment, part: str) -> None:
    policies = people_policies(dev.scope)
    allowed = judge(policies, [Question(request, (part,)) for request in _requests("dev", part)])
    assert set(allowed) == {"Allowed"}
    of_all = {DOCUMENT}  # AWS's document is the same for every stack
    others = [request for request in _requests("prod", part) if request.resource not in of_all]
    assert set(judge(policies, [Question(request, (part,)) for request in others])) == {"ImplicitlyDenied"}


@pytest.mark.parametrize("part", ["run", "database"])
def test_nothing_can_be_taken_away(dev: Deployment, part: str) -> None:
    document = people_policies(dev.scope)[part]
    reads = {"rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "ssm:TerminateSession"}
    mutations = [
        each
        for kind in ("Action", "Resource")
        for each in without_each({part: document}, kind)
        if not reads & set(each.statement["Action"])
    ]
    asked = [(mutation.lost, request) for mutation in mutations for request in _requests("dev", part)]
    verdicts = judge({each.lost: each.policy for each in mutations}, [Question(r, (lost,)) for lost, r in asked])
    needed = {lost for (lost, _), verdict in zip(asked, verdicts, strict=True) if verdict != "Allowed"}
    assert [mutation.lost for mutation in mutations if mutation.lost not in needed] == []


def test_a_shell_is_denied_and_the_tunnel_is_allowed(dev: Deployment) -> None:
    policies = people_policies(dev.scope)
    task = f"arn:aws:ecs:{HERE}:task/conducky-dev-cluster/0123456789abcdef"
    tunnel = [Question(request, ("database",)) for request in _session(task, DOCUMENT)]
    assert judge(policies, tunnel) == ["Allowed", "Allowed"]
    shell = f"arn:aws:ssm:{HERE}:document/SSM-SessionManagerRunShell"
    other = [
        *_session(task, shell)[1:],
        # A session that names no document: AWS does not check it then, and says so.
        Request("ssm:StartSession", task, {"ssm:SessionDocumentAccessCheck": "false"}, PERSON),
        Request("ecs:ExecuteCommand", task, {}, PERSON),
    ]
    assert set(judge(policies, [Question(each, ("database",)) for each in other])) == {"ImplicitlyDenied"}


def test_a_task_gets_no_role_but_for_tasks(dev: Deployment) -> None:
    role = "arn:aws:iam::123456789012:role/conducky-dev-task-backend"
    request = Request("iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"}, PERSON)
    assert judge(people_policies(dev.scope), [Question(request, ("run",))]) == ["ImplicitlyDenied"]
