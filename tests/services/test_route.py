"""The way from the listener to the tasks."""

from collections.abc import Callable

import pytest

from conducky.evaluation.evaluate import Evaluation, evaluate

GROUP = "aws:lb/targetGroup:TargetGroup"
RULE = "aws:lb/listenerRule:ListenerRule"
BOTH = pytest.mark.parametrize(("name", "port"), [("backend", 4000), ("frontend", 3000)])


@BOTH
def test_targets_are_tasks_on_the_services_port(
    services: Evaluation, platform: Evaluation, name: str, port: int
) -> None:
    inputs = services.one(GROUP, f"conducky-dev-{name}").inputs
    assert inputs["targetType"] == "ip", "tasks on Fargate have no instance"
    assert (inputs["protocol"], inputs["port"]) == ("HTTP", port)
    assert inputs["vpcId"] == platform.exports["vpc_id"]


@BOTH
def test_health_is_asked_where_no_database_answers(services: Evaluation, name: str, port: int) -> None:
    check = services.one(GROUP, f"conducky-dev-{name}").inputs["healthCheck"]
    assert check["path"] == "/health"
    assert check["matcher"] == "200"
    assert check["timeout"] < check["interval"]


@BOTH
def test_a_task_that_leaves_is_drained_before_it_is_killed(services: Evaluation, name: str, port: int) -> None:
    delay = services.one(GROUP, f"conducky-dev-{name}").inputs["deregistrationDelay"]
    assert delay <= 20, "tasks are killed 30 s after they get SIGTERM"


@BOTH
def test_the_rule_forwards_to_its_group(services: Evaluation, name: str, port: int) -> None:
    group = services.one(GROUP, f"conducky-dev-{name}")
    actions = services.one(RULE, name).inputs["actions"]
    assert actions == [{"type": "forward", "targetGroupArn": group.outputs["arn"]}]


def test_priorities_differ(services: Evaluation) -> None:
    priorities = [rule.inputs["priority"] for rule in services.of(RULE)]
    assert len(set(priorities)) == len(priorities), "a listener takes each priority once"


def test_another_port_is_another_group_beside_the_old_one(
    evaluate_services: Callable[..., Evaluation],
) -> None:
    """A group's port cannot change; with the same name the new one could not be created before the old one goes."""
    moved = evaluate_services(config={"backend": '{"port": 4001}'})
    assert _name(evaluate_services()) != _name(moved)


def test_another_load_balancer_gets_another_group(evaluate_services: Callable[..., Evaluation]) -> None:
    """A group serves one load balancer only (TargetGroupAssociationLimit); the new rule comes before the old goes."""
    dedicated = evaluate(
        "platform", config={"loadBalancers": "dedicated", "crossSiteSessions": "accept-broken"}
    ).exports
    shared = evaluate("platform").exports
    bootstrap = evaluate("bootstrap").exports
    moved = evaluate_services(upstream={"bootstrap": bootstrap, "platform": dedicated})
    stayed = evaluate_services(upstream={"bootstrap": bootstrap, "platform": shared})
    assert _name(moved) != _name(stayed), "the backend has a load balancer of its own now"
    assert _name(moved, "frontend") == _name(stayed, "frontend"), "the frontend's is still the same"


def _name(services: Evaluation, service: str = "backend") -> str:
    name = services.one(GROUP, f"conducky-dev-{service}").inputs["name"]
    assert name.startswith(f"conducky-dev-{service}-")
    return name
