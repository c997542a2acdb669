"""Load balancers as the engine creates them; the proxy has tests of its own."""

import pytest

from conducky.rehearsal.account import Account
from conducky.rehearsal.load_balancer import LoadBalancers
from tests.conducky.rehearsal.client import RefusedError
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService

LISTENER = "aws:lb/listener:Listener"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"


def test_a_listener_answers_on_a_local_port_with_its_default(deployed: DeployedService) -> None:
    assert deployed.get("/anything") == (503, "not deployed yet")
    port = deployed.load_balancers.listeners[deployed.listener.id]
    assert list(deployed.load_balancers.urls().values()) == [f"http://localhost:{port}"]


def test_a_changed_listener_keeps_its_port(deployed: DeployedService) -> None:
    before = dict(deployed.load_balancers.listeners)
    gone = {"contentType": "text/plain", "statusCode": "410", "messageBody": "gone"}
    actions = [{"type": "fixed-response", "fixedResponse": gone}]

    deployed.client.update(deployed.listener, {**deployed.listener.inputs, "defaultActions": actions})

    assert deployed.get("/anything") == (410, "gone")
    assert deployed.load_balancers.listeners == before


def test_a_second_listener_takes_another_port(deployed: DeployedService) -> None:
    second = deployed.client.create(LISTENER, "second", deployed.listener.inputs | {"port": 8080})

    ports = deployed.load_balancers.listeners
    assert ports[second.id] != ports[deployed.listener.id]


def test_a_deleted_listener_answers_no_more(deployed: DeployedService) -> None:
    deployed.client.delete(deployed.listener_rule)
    deployed.client.delete(deployed.listener)

    assert deployed.load_balancers.urls() == {}


def test_a_rule_leads_to_its_target_group_until_it_is_deleted(deployed: DeployedService) -> None:
    assert "503 Service Temporarily Unavailable" in deployed.get("/api/x")[1], "the group has no target yet"

    deployed.client.delete(deployed.listener_rule)

    assert deployed.get("/api/x") == (503, "not deployed yet")


def test_a_changed_rule_leads_other_paths(deployed: DeployedService) -> None:
    conditions = [{"pathPattern": {"values": ["/v2/*"]}}]

    deployed.client.update(deployed.listener_rule, {**deployed.listener_rule.inputs, "conditions": conditions})

    assert deployed.get("/api/x") == (503, "not deployed yet")
    assert "Temporarily" in deployed.get("/v2/x")[1]


def test_a_protected_load_balancer_is_not_deleted(deployed: DeployedService) -> None:
    protected = deployed.client.create(BALANCER, "protected", {"name": "one", "enableDeletionProtection": True})

    with pytest.raises(RefusedError) as refused:
        deployed.client.delete(protected)

    assert "the load balancer one is protected: run `pulumi -C platform config set deletionProtection false`" in str(
        refused.value
    )
    assert deployed.client.exists(protected)


def balancer(account: Account, balancers: LoadBalancers, name: str, port: int) -> str:
    """A load balancer that listens on this port; its AWS host name."""
    host = f"{name}.eu-west-1.elb.amazonaws.com"
    account.remember(BALANCER, name, {"arn": name, "dnsName": host})
    account.remember(LISTENER, f"{name}-listener", {"arn": f"{name}-listener", "loadBalancerArn": name})
    balancers.listeners[f"{name}-listener"] = port
    return host


def test_each_load_balancer_answers_at_its_own_local_url(account: Account) -> None:
    balancers = LoadBalancers(account, 8080)
    first, second = balancer(account, balancers, "first", 8080), balancer(account, balancers, "second", 8081)

    assert balancers.urls() == {first: "http://localhost:8080", second: "http://localhost:8081"}
    assert balancers.local_url("elsewhere.example.com") is None


def test_a_load_balancer_without_a_listener_has_no_local_url(account: Account) -> None:
    account.remember(BALANCER, "one", {"arn": "one", "dnsName": "one.elb"})

    assert LoadBalancers(account, 8080).urls() == {}


def test_a_listener_that_is_still_being_created_leads_nowhere(account: Account) -> None:
    balancers = LoadBalancers(account, 8080)
    account.remember(BALANCER, "one", {"arn": "one", "dnsName": "one.elb"})
    balancers.listeners["its listener"] = 8080

    assert balancers.local_url("one.elb") is None


def test_the_targets_of_all_groups_are_listed(deployed: DeployedService) -> None:
    deployed.load_balancers.server.register(deployed.target_group["arn"], "127.0.0.1", 9)

    assert [target.port for target in deployed.load_balancers.server.all_targets()] == [9]
