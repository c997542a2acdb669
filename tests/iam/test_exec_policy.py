"""The policy of people who may open a shell: into this stack's containers, through ECS only."""

from deployer_exec import exec_policy

from tests.iam.deployments import Deployment
from tests.iam.judge import Question, Request, judge
from tests.iam.mutations import without_each


def _requests(stack: str) -> list[Request]:
    def arn(resource: str) -> str:
        return f"arn:aws:ecs:us-east-1:123456789012:{resource}"

    cluster, task = arn(f"cluster/conducky-{stack}-cluster"), arn(f"task/conducky-{stack}-cluster/0123456789abcdef")
    person, context = "arn:aws:iam::123456789012:user/developer", {"ecs:cluster": cluster}
    return [
        Request("ecs:ExecuteCommand", cluster, context, person),
        Request("ecs:ExecuteCommand", task, {**context, "ecs:container-name": "backend"}, person),
        Request("ecs:DescribeTasks", task, context, person),
        Request("ecs:ListTasks", arn(f"container-instance/conducky-{stack}-cluster/0123"), context, person),
    ]


def test_it_opens_this_stacks_containers_and_no_others(dev: Deployment) -> None:
    policies = {"exec": exec_policy(dev.scope)}
    assert set(judge(policies, [Question(request, ("exec",)) for request in _requests("dev")])) == {"Allowed"}
    assert set(judge(policies, [Question(request, ("exec",)) for request in _requests("prod")])) == {"ImplicitlyDenied"}


def test_nothing_can_be_taken_away(dev: Deployment) -> None:
    policy = exec_policy(dev.scope)
    mutations = [m for kind in ("Action", "Resource") for m in without_each({"exec": policy}, kind)]
    asked = [(mutation.lost, request) for mutation in mutations for request in _requests("dev")]
    policies = {mutation.lost: mutation.policy for mutation in mutations}
    verdicts = judge(policies, [Question(request, (lost,)) for lost, request in asked])
    needed = {lost for (lost, _), verdict in zip(asked, verdicts, strict=True) if verdict != "Allowed"}
    assert [mutation.lost for mutation in mutations if mutation.lost not in needed] == []


def test_it_opens_no_session_past_ecs(dev: Deployment) -> None:
    session = Request("ssm:StartSession", _requests("dev")[1].resource)
    assert judge({"exec": exec_policy(dev.scope)}, [Question(session, ("exec",))]) == ["ImplicitlyDenied"]
