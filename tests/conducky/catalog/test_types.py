import json
import re

import pytest

from conducky.catalog.outputs import Made
from conducky.catalog.property_bag import UNKNOWN, Properties
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.catalog.types import CATALOG
from conducky.naming import Place

PLACE = Place("eu-west-1", ACCOUNT_ID)
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
PARAMETER = "aws:ssm/parameter:Parameter"


def make(token: str, seed: str = "urn", **inputs: object) -> Made:
    return CATALOG[token].make(inputs, PLACE, seed)


def problems(token: str, **inputs: object) -> str:
    """What is wrong, apart from other inputs that a test leaves out."""
    found = CATALOG[token].problems(inputs)
    return "\n".join(f"{name}: {reason}" for name, reason in found if reason != "is required")


@pytest.mark.parametrize("token", CATALOG)
def test_every_type_says_where_its_replacements_are_documented(token: str) -> None:
    assert re.search(r"\.go\b", CATALOG[token].source), f"{token} cites no file of the real provider"


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (BALANCER, "internal-one"),
        (BALANCER, "-one"),
        ("aws:lb/targetGroup:TargetGroup", "a_b"),
        ("aws:ec2/securityGroup:SecurityGroup", "sg-mine"),
        ("aws:ecr/repository:Repository", "Upper"),
        ("aws:rds/instance:Instance", "a--b"),
        (PARAMETER, "/aws/mine"),
        (PARAMETER, "ssm-mine"),
    ],
)
def test_a_name_that_aws_reserves_or_cannot_read_is_refused(token: str, name: str) -> None:
    rule = CATALOG[token].name
    assert rule is not None

    assert f"`{name}` must match" in problems(token, **{rule.property: name})


def test_logs_are_kept_for_days_that_cloudwatch_offers() -> None:
    assert problems(LOG_GROUP, retentionInDays=14) == ""
    assert "`retentionInDays` is 15 and must be one of 0, 1, 3, 5, 7, 14, 30," in problems(
        LOG_GROUP, retentionInDays=15
    )


def _fixed(code: str) -> list[Properties]:
    return [{"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": code}}]


@pytest.mark.parametrize("code", ["200", "404", "503", UNKNOWN])
def test_a_fixed_response_may_succeed_or_fail(code: str) -> None:
    assert problems(LISTENER, defaultActions=_fixed(code)) == ""


@pytest.mark.parametrize("code", ["302", "100", "50", "2XX"])
def test_a_fixed_response_may_not_be_anything_else(code: str) -> None:
    assert f"2XX, 4XX or 5XX, not {code}" in problems(LISTENER, defaultActions=_fixed(code))


def test_a_rules_fixed_response_is_held_to_the_same_codes() -> None:
    assert "not 302" in problems("aws:lb/listenerRule:ListenerRule", actions=_fixed("302"))


@pytest.mark.parametrize(
    ("token", "limit"), [("aws:iam/policy:Policy", 6144), ("aws:iam/rolePolicy:RolePolicy", 10240)]
)
def test_a_policy_may_be_so_long_without_its_white_space(token: str, limit: int) -> None:
    assert problems(token, policy="x" * limit + " \n" * 500) == ""
    assert f"has {limit + 1} characters and may have {limit}" in problems(token, policy="x" * (limit + 1))


def test_a_parameter_holds_a_standard_value_of_a_known_type() -> None:
    assert problems(PARAMETER, name="/a/b", type="SecureString", value="x" * 4096) == ""
    assert "has 4097 characters and may have 4096" in problems(PARAMETER, type="String", value="x" * 4097)
    assert "`type` is Secret and must be one of" in problems(PARAMETER, type="Secret")


@pytest.mark.parametrize(("cpu", "memory"), [("256", "512"), ("1024", "8192"), (UNKNOWN, "512")])
def test_fargate_offers_these_sizes(cpu: str, memory: str) -> None:
    assert problems(TASK_DEFINITION, cpu=cpu, memory=memory, containerDefinitions=UNKNOWN) == ""


@pytest.mark.parametrize(("cpu", "memory"), [("256", "4096"), ("300", "512"), ("few", "512"), (None, None)])
def test_fargate_does_not_offer_these_sizes(cpu: str | None, memory: str | None) -> None:
    said = problems(TASK_DEFINITION, cpu=cpu, memory=memory, containerDefinitions=UNKNOWN)

    assert said == f": Fargate offers no task of {cpu} CPU units with {memory} MiB"


@pytest.mark.parametrize(("text", "reason"), [("[]", "needs a container"), ("{", "is not JSON")])
def test_a_task_definition_needs_containers(text: str, reason: str) -> None:
    assert reason in problems(TASK_DEFINITION, cpu="256", memory="512", containerDefinitions=text)


@pytest.mark.parametrize(
    ("token", "inputs", "arn"),
    [
        (LOG_GROUP, {"name": "one"}, f"arn:aws:logs:eu-west-1:{ACCOUNT_ID}:log-group:one"),
        ("aws:iam/role:Role", {"name": "one"}, f"arn:aws:iam::{ACCOUNT_ID}:role/one"),
        ("aws:iam/role:Role", {"name": "one", "path": "/a/b/"}, f"arn:aws:iam::{ACCOUNT_ID}:role/a/b/one"),
        ("aws:ecr/repository:Repository", {"name": "one"}, f"arn:aws:ecr:eu-west-1:{ACCOUNT_ID}:repository/one"),
        (PARAMETER, {"name": "/a/b"}, f"arn:aws:ssm:eu-west-1:{ACCOUNT_ID}:parameter/a/b"),
        (PARAMETER, {"name": "one"}, f"arn:aws:ssm:eu-west-1:{ACCOUNT_ID}:parameter/one"),
        (
            "aws:ecs/service:Service",
            {"name": "one", "cluster": f"arn:aws:ecs:eu-west-1:{ACCOUNT_ID}:cluster/all"},
            f"arn:aws:ecs:eu-west-1:{ACCOUNT_ID}:service/all/one",
        ),
        ("aws:rds/instance:Instance", {"identifier": "one"}, f"arn:aws:rds:eu-west-1:{ACCOUNT_ID}:db:one"),
    ],
)
def test_arns_look_as_aws_writes_them(token: str, inputs: Properties, arn: str) -> None:
    assert CATALOG[token].make(inputs, PLACE, "urn").outputs["arn"] == arn


def test_a_listener_lies_below_its_load_balancer_and_a_rule_below_its_listener() -> None:
    balancer = make(BALANCER, name="public")
    listener = make(LISTENER, loadBalancerArn=balancer.id)
    rule = make("aws:lb/listenerRule:ListenerRule", listenerArn=listener.id)

    base = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT_ID}:"
    assert re.fullmatch(re.escape(base) + r"loadbalancer/app/public/\w{16}", balancer.id)
    assert re.fullmatch(re.escape(base) + r"listener/app/public/\w{16}/\w{16}", listener.id)
    assert re.fullmatch(re.escape(base) + r"listener-rule/app/public/\w{16}/\w{16}/\w{16}", rule.id)
    assert balancer.outputs["arnSuffix"] == balancer.id.partition("loadbalancer/")[2]


def test_host_names_look_as_aws_makes_them_and_stay_the_same() -> None:
    balancer, database = make(BALANCER, name="public"), make("aws:rds/instance:Instance", identifier="data")

    assert re.fullmatch(r"public-\d+\.eu-west-1\.elb\.amazonaws\.com", balancer.outputs["dnsName"])
    assert re.fullmatch(r"data\.c\w{11}\.eu-west-1\.rds\.amazonaws\.com", database.outputs["address"])
    assert database.outputs["endpoint"] == f"{database.outputs['address']}:5432"
    assert make(BALANCER, name="public").outputs["dnsName"] == balancer.outputs["dnsName"]


def test_a_repository_has_an_address_in_the_accounts_registry() -> None:
    made = make("aws:ecr/repository:Repository", name="conducky-dev-backend")

    assert made.outputs["repositoryUrl"] == f"{ACCOUNT_ID}.dkr.ecr.eu-west-1.amazonaws.com/conducky-dev-backend"


def test_passwords_are_drawn_anew_and_alphanumeric() -> None:
    first, second = (make("random:index/randomPassword:RandomPassword", length=40).outputs["result"] for _ in range(2))

    assert re.fullmatch("[A-Za-z0-9]{40}", first)
    assert first != second


def test_a_random_id_is_one_number_in_two_notations() -> None:
    outputs = make("random:index/randomId:RandomId", byteLength=8).outputs

    assert len(outputs["hex"]) == 16
    assert int(outputs["hex"], 16) == int(outputs["dec"])


def test_a_task_definition_may_change_its_tags_only() -> None:
    kind = CATALOG[TASK_DEFINITION]

    assert kind.replacing({"tags", "skipDestroy"}) == []
    assert kind.replacing({"containerDefinitions", "tags"}) == ["containerDefinitions"]


def test_containers_are_read_as_json() -> None:
    assert problems(TASK_DEFINITION, cpu="256", memory="512", containerDefinitions=json.dumps([{"name": "a"}])) == ""
