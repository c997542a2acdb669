"""What Elastic Load Balancing refuses."""

import pytest

from conducky.catalog.property_bag import Properties
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import LISTENER_RULE, DeployedService

LISTENER = "aws:lb/listener:Listener"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"


def second_listener(deployed: DeployedService) -> Resource:
    balancer = deployed.client.create(BALANCER, "second", {})
    return deployed.client.create(LISTENER, "second", deployed.listener.inputs | {"loadBalancerArn": balancer["arn"]})


def rule(deployed: DeployedService, **changes: object) -> Properties:
    return {**deployed.listener_rule.inputs, "priority": 20, **changes}


def test_a_target_group_belongs_to_one_load_balancer(deployed: DeployedService) -> None:
    """Also while a rule is replaced, when the new one comes before the old one goes."""
    other = second_listener(deployed)["arn"]
    forward = {"type": "forward", "targetGroupArn": deployed.target_group["arn"]}

    for token, inputs in (
        (LISTENER_RULE, rule(deployed, listenerArn=other)),
        (LISTENER, deployed.listener.inputs | {"loadBalancerArn": "another", "defaultActions": [forward]}),
    ):
        with pytest.raises(RefusedError, match=r"TargetGroupAssociationLimit: .*more than one load balancer"):
            deployed.client.create(token, "another", inputs)


def test_a_target_group_may_be_in_two_rules_of_one_load_balancer_and_moves_when_they_are_gone(
    deployed: DeployedService,
) -> None:
    again = deployed.client.create(LISTENER_RULE, "again", rule(deployed))
    other = second_listener(deployed)["arn"]
    for gone in (again, deployed.listener_rule):
        deployed.client.delete(gone)

    deployed.client.create(LISTENER_RULE, "moved", rule(deployed, listenerArn=other))


def test_priorities_are_unique_in_a_listener(deployed: DeployedService) -> None:
    second = deployed.client.create(LISTENER_RULE, "second", rule(deployed))

    with pytest.raises(RefusedError, match="PriorityInUse: Priority '10' is currently in use"):
        deployed.client.update(second, rule(deployed, priority=10))
    deployed.client.update(second, rule(deployed, priority=30))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"conditions": [{"pathPattern": {"values": list("abcdef")}}]}, "condition values"),
        (
            {
                "actions": [
                    {"type": "fixed-response", "fixedResponse": {"statusCode": "200", "messageBody": "x" * 1025}}
                ]
            },
            "1024 characters",
        ),
    ],
)
def test_a_rule_has_its_limits(deployed: DeployedService, changes: Properties, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        deployed.client.create(LISTENER_RULE, "large", rule(deployed, **changes))


def test_a_load_balancer_has_at_most_a_hundred_rules(deployed: DeployedService) -> None:
    for number in range(99):
        deployed.account.remember(LISTENER_RULE, str(number), {**rule(deployed, priority=100 + number), "arn": number})

    with pytest.raises(RefusedError, match="TooManyRules"):
        deployed.client.create(LISTENER_RULE, "one more", rule(deployed))


def test_a_port_has_one_listener(deployed: DeployedService) -> None:
    with pytest.raises(RefusedError, match="DuplicateListener"):
        deployed.client.create(LISTENER, "again", deployed.listener.inputs)
