"""GitHub's roles: as able and as limited as the deployer's user; and nobody who deploys creates keys."""

import json
from dataclasses import dataclass, replace

import pytest

from conducky.policy import Policy
from tests.iam.calls import calls, lookups
from tests.iam.deployments import ADMINISTRATOR, Deployment
from tests.iam.judge import Question, Request, judge
from tests.iam.mutations import without_each
from tests.iam.test_deployer_trespasses import Deployed
from tests.iam.trespasses import ITSELF, TRESPASSES
from tests.summary import note

DEPLOY, PREVIEW, DESTROY = "github-deploy", "github-preview", "destroy"

# What `conducky credentials` asks of IAM; tests/conducky/credentials checks that it is this.
CREDENTIAL_CALLS = (
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:GetAccessKeyLastUsed",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:UpdateAccessKey",
)


@dataclass(frozen=True)
class Identity:
    """A role as bootstrap creates it, and the policies that it has."""

    arn: str
    policies: dict[str, Policy]
    attached: tuple[str, ...]

    def asks(self, request: Request, *more: str) -> Question:
        """May a session of this role, with its policies and `more`, under its boundary?"""
        name = self.arn.rsplit("/", 1)[-1]
        session = f"arn:aws:sts::123456789012:assumed-role/{name}/GitHubActions"
        asked = replace(request, principal=session, context={**request.context, "aws:PrincipalArn": self.arn})
        return Question(asked, (*self.attached, *more), "boundary")


@pytest.fixture(scope="module")
def made(deployed: Deployed) -> Deployment:
    return deployed("every option")


def identity(made: Deployment, part: str) -> Identity:
    bootstrap = made.layers["bootstrap"]
    role = bootstrap.one("aws:iam/role:Role", part)
    by_arn = {each.outputs["arn"]: each for each in bootstrap.of("aws:iam/policy:Policy")}
    attached = [
        by_arn[each.inputs["policyArn"]]
        for each in bootstrap.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.inputs["role"] == role.inputs["name"]
    ]
    inline = [
        each for each in bootstrap.of("aws:iam/rolePolicy:RolePolicy") if each.inputs["role"] == role.inputs["name"]
    ]
    own: dict[str, Policy] = {each.name: json.loads(each.inputs["policy"]) for each in [*attached, *inline]}
    boundary: Policy = json.loads(by_arn[role.inputs["permissionsBoundary"]].inputs["policy"])
    return Identity(str(role.outputs["arn"]), {**own, "boundary": boundary, "admin": ADMINISTRATOR}, tuple(own))


def test_the_deploying_role_may_do_every_call(made: Deployment) -> None:
    role = identity(made, DEPLOY)
    needed = calls(made.layers, made.caller)
    verdicts = judge(role.policies, [role.asks(call.request) for call in needed])
    refused = [str(call) for call, verdict in zip(needed, verdicts, strict=True) if verdict != "Allowed"]
    assert refused == []
    note("IAM", f"every option: {len(needed)} calls of GitHub's deploying role, all allowed")


@pytest.mark.parametrize("part", [DEPLOY, PREVIEW, DESTROY])
@pytest.mark.parametrize("more", [(), ("admin",)], ids=["its policies", "AdministratorAccess"])
def test_every_trespass_of_a_role_is_denied(made: Deployment, part: str, more: tuple[str, ...]) -> None:
    role = identity(made, part)
    verdicts = judge(role.policies, [role.asks(trespass.request, *more) for trespass in TRESPASSES])
    allowed = [t.what for t, verdict in zip(TRESPASSES, verdicts, strict=True) if verdict == "Allowed"]
    assert allowed == []
    with_what = " with AdministratorAccess" if more else ""
    note("IAM", f"every option: {len(TRESPASSES)} escalations and trespasses of {part}{with_what}, all denied")


@pytest.mark.parametrize("part", [DEPLOY, PREVIEW, DESTROY])
def test_each_fits_what_iam_allows_an_identity(made: Deployment, part: str) -> None:
    role = identity(made, part)
    assert len(role.attached) <= 10
    assert all(len(json.dumps(each, separators=(",", ":"))) <= 6144 for each in role.policies.values())


def test_a_preview_may_look_up_what_the_programs_ask(made: Deployment) -> None:
    role = identity(made, PREVIEW)
    needed = lookups(made.layers, made.caller)
    assert set(judge(role.policies, [role.asks(request) for request in needed])) == {"Allowed"}
    mutations = list(without_each({name: role.policies[name] for name in role.attached}, "Action"))
    assert {mutation.part for mutation in mutations} == {request.action for request in needed}, "no more than that"


def test_a_preview_can_do_nothing_else(made: Deployment) -> None:
    """Nothing that writes, in any phase of any resource, and no read but the look-ups."""
    role = identity(made, PREVIEW)
    asked = {request.action for request in lookups(made.layers, made.caller)}
    others = [call for call in calls(made.layers, made.caller) if call.request.action not in asked]
    verdicts = judge(role.policies, [role.asks(call.request) for call in others])
    allowed = [str(call) for call, verdict in zip(others, verdicts, strict=True) if verdict == "Allowed"]
    assert allowed == []
    note("IAM", f"every option: {len(others)} calls of a deployment by {PREVIEW}, all denied")


def _secrets(made: Deployment) -> list[Request]:
    """Every way to a secret that somebody who attaches ReadOnlyAccess opens."""
    arns = [str(each.outputs["arn"]) for each in made.caller.resources if each.type == "aws:ssm/parameter:Parameter"]
    assert len(arns) == 3, "DATABASE_URL and both of the backend"
    key = made.caller.arn("kms", "key/01234567-89ab-cdef-0123-456789abcdef")
    return [
        *(Request(f"ssm:GetParameter{kind}", arn) for arn in arns for kind in ("", "s", "History", "sByPath")),
        Request("secretsmanager:GetSecretValue", made.caller.arn("secretsmanager", "secret:other-AbCdEf")),
        Request("kms:Decrypt", key),
    ]


def test_a_preview_reads_no_secret_even_with_another_policy(made: Deployment) -> None:
    role = identity(made, PREVIEW)
    secrets = _secrets(made)
    questions = [role.asks(request) for request in secrets]
    assert "Allowed" not in judge(role.policies, questions)
    verdicts = judge(role.policies, [role.asks(request, "admin") for request in secrets])
    assert set(verdicts) == {"ExplicitlyDenied"}
    own = {name: role.policies[name] for name in role.attached}
    mutations = list(without_each(own, "Action", effect="Deny"))
    policies = {**role.policies, **{mutation.lost: mutation.policy for mutation in mutations}}
    # Without its boundary, which denies the same.
    asked = [
        (mutation.lost, replace(each, identity=(mutation.lost, "admin"), boundary=None))
        for mutation in mutations
        for each in questions
    ]
    verdicts = judge(policies, [question for _, question in asked])
    opened = {lost for (lost, _), verdict in zip(asked, verdicts, strict=True) if verdict == "Allowed"}
    assert opened == {mutation.lost for mutation in mutations}, "each denial keeps something out"


def test_only_an_admin_makes_and_removes_keys(made: Deployment) -> None:
    requests = [Request(action, ITSELF) for action in CREDENTIAL_CALLS]
    assert "Allowed" not in judge(made.documents, [made.asks(request, "admin") for request in requests])
    for part in (DEPLOY, PREVIEW, DESTROY):
        role = identity(made, part)
        assert "Allowed" not in judge(role.policies, [role.asks(each, "admin") for each in requests])
    admin = judge({"admin": ADMINISTRATOR}, [Question(request, ("admin",)) for request in requests])
    assert set(admin) == {"Allowed"}
