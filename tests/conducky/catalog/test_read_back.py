"""What AWS answers to what it was given, and what the providers take for the same."""

import json

import pytest

from conducky.catalog.property_bag import Properties
from conducky.catalog.read_back import seen
from conducky.catalog.types import CATALOG

PARAMETER_GROUP = "aws:rds/parameterGroup:ParameterGroup"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
SERVICE = "aws:ecs/service:Service"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def never_ending(token: str, inputs: Properties) -> set[str]:
    """What is still different after AWS has answered."""
    kind = CATALOG[token]
    given = kind.completed(inputs)
    return kind.differing(seen(kind.read_back(given), given, given), given)


def parameter(name: str, value: str, **method: str) -> Properties:
    return {"parameters": [{"name": name, "value": value, **method}]}


def containers(**changes: object) -> Properties:
    container = {"name": "a", "environment": [{"name": "B", "value": "1"}, {"name": "A", "value": "2"}], **changes}
    return {"containerDefinitions": json.dumps([container])}


@pytest.mark.parametrize(
    ("token", "inputs", "property_"),
    [
        # RDS sets it itself, and keeps its own method for the same value
        (PARAMETER_GROUP, parameter("rds.force_ssl", "1"), "parameters"),
        (PARAMETER_GROUP, parameter("rds.force_ssl", "1", applyMethod="immediate"), "parameters"),
        (TASK_DEFINITION, containers(dockerLabels={}), "containerDefinitions"),
        (RULE, {"cidrIpv4": "10.1.2.3/16"}, "cidrIpv4"),
    ],
)
def test_a_difference_that_never_ends(token: str, inputs: Properties, property_: str) -> None:
    assert never_ending(token, inputs) == {property_}


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (PARAMETER_GROUP, parameter("rds.force_ssl", "1", applyMethod="pending-reboot")),
        (PARAMETER_GROUP, parameter("rds.force_ssl", "0")),
        (PARAMETER_GROUP, parameter("log_min_duration_statement", "500")),
        (TASK_DEFINITION, containers()),
        (TASK_DEFINITION, containers(dockerLabels={"a": "b"}, cpu=0, mountPoints=[])),
        (SERVICE, {"networkConfiguration": {"subnets": ["a", "b"], "assignPublicIp": True}}),
        (LIFECYCLE, {"policy": '{ "rules": [ {"rulePriority": 1} ] }'}),
        ("aws:iam/policy:Policy", {"policy": '{"Statement": [{"Action": ["b", "a"], "Resource": ["*"]}]}'}),
        ("aws:budgets/budget:Budget", {"limitAmount": "10"}),
        ("aws:lb/loadBalancer:LoadBalancer", {"subnets": ["a", "b"], "securityGroups": ["c"]}),
        (RULE, {"cidrIpv4": "0.0.0.0/0"}),
    ],
)
def test_another_form_of_the_same_is_no_difference(token: str, inputs: Properties) -> None:
    assert never_ending(token, inputs) == set()


@pytest.mark.parametrize(
    ("token", "before", "after"),
    [
        (PARAMETER_GROUP, parameter("rds.force_ssl", "1"), parameter("rds.force_ssl", "0")),
        (TASK_DEFINITION, containers(), containers(user="1000")),
        (TASK_DEFINITION, containers(), containers(environment=[{"name": "A", "value": "2"}])),
        (SERVICE, {"networkConfiguration": {"subnets": ["a"]}}, {"networkConfiguration": {"subnets": ["b"]}}),
        ("aws:iam/policy:Policy", {"policy": '{"Statement": ["a"]}'}, {"policy": '{"Statement": ["b"]}'}),
        ("aws:budgets/budget:Budget", {"limitAmount": "10"}, {"limitAmount": "20"}),
    ],
)
def test_a_change_is_a_difference_all_the_same(token: str, before: Properties, after: Properties) -> None:
    kind = CATALOG[token]
    old, new = kind.completed(before), kind.completed(after)

    assert kind.differing(seen(kind.read_back(old), old, new), new) == set(after)


def test_what_aws_adds_by_itself_is_no_difference() -> None:
    state = {"healthCheck": {"path": "/", "port": "traffic-port"}, "arn": "a"}

    assert seen(state, {"healthCheck": {"path": "/"}}, {"healthCheck": {"path": "/"}}) == {"healthCheck": {"path": "/"}}


def test_what_a_program_no_longer_says_is_a_difference() -> None:
    assert seen({"a": 1, "b": {"c": 1}}, {"a": 1, "b": {"c": 1}}, {}) == {"a": 1, "b": {"c": 1}}
