import pytest

from conducky.rehearsal.account import Machine
from conducky.rehearsal.ecs.reachability import INTERNET, End, missing_rule

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
TASK = End("the backend's task", ("sg-task",))
DATABASE = End("the database", ("sg-data",))


def allow(machine: Machine, token: str, group: str, **rule: object) -> None:
    given: dict[str, object] = {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
    machine.remember(token, f"{token}{group}{rule}", {"securityGroupId": group, **given, **rule})


@pytest.fixture
def connected(machine: Machine) -> Machine:
    """The task may talk to the database."""
    for group in ("task", "data"):
        machine.remember(
            "aws:ec2/securityGroup:SecurityGroup", group, {"id": f"sg-{group}", "name": f"conducky-dev-{group}"}
        )
    allow(machine, EGRESS, "sg-task", referencedSecurityGroupId="sg-data")
    allow(machine, INGRESS, "sg-data", referencedSecurityGroupId="sg-task")
    return machine


def test_a_connection_with_a_rule_at_both_ends_is_allowed(connected: Machine) -> None:
    assert missing_rule(connected, TASK, DATABASE, 5432) is None


def test_without_a_way_out_the_sentence_names_the_egress_rule(connected: Machine) -> None:
    del connected.resources[EGRESS]

    assert missing_rule(connected, TASK, DATABASE, 5432) == (
        "the backend's task cannot reach the database on port 5432: the security group conducky-dev-task has no "
        "egress rule for it; add one in platform/firewall.py"
    )


def test_without_a_way_in_the_sentence_names_the_ingress_rule(connected: Machine) -> None:
    del connected.resources[INGRESS]

    assert missing_rule(connected, TASK, DATABASE, 5432) == (
        "the backend's task cannot reach the database on port 5432: the security group conducky-dev-data has no "
        "ingress rule for it; add one in platform/firewall.py"
    )


def test_another_port_is_another_connection(connected: Machine) -> None:
    assert "on port 6379" in str(missing_rule(connected, TASK, DATABASE, 6379))


def test_the_other_direction_is_another_connection(connected: Machine) -> None:
    assert "no egress rule" in str(missing_rule(connected, DATABASE, TASK, 5432))


def test_another_group_is_not_let_in(connected: Machine) -> None:
    stranger = End("a stranger", ("sg-stranger",))
    allow(connected, EGRESS, "sg-stranger", cidrIpv4="0.0.0.0/0")

    assert "a stranger cannot reach the database" in str(missing_rule(connected, stranger, DATABASE, 5432))


def test_one_of_several_groups_is_enough(connected: Machine) -> None:
    task = End("the task", ("sg-other", "sg-task"))

    assert missing_rule(connected, task, DATABASE, 5432) is None


@pytest.mark.parametrize(
    "rule",
    [
        {"fromPort": 5000, "toPort": 6000},
        {"ipProtocol": "-1", "fromPort": None, "toPort": None},
        {"referencedSecurityGroupId": None, "cidrIpv4": "0.0.0.0/0"},
    ],
)
def test_a_wider_rule_covers_the_connection(connected: Machine, rule: dict[str, object]) -> None:
    del connected.resources[INGRESS]
    allow(connected, INGRESS, "sg-data", **{"referencedSecurityGroupId": "sg-task", **rule})

    assert missing_rule(connected, TASK, DATABASE, 5432) is None


@pytest.mark.parametrize("rule", [{"ipProtocol": "udp"}, {"fromPort": 5433, "toPort": 6000}])
def test_a_rule_for_something_else_does_not(connected: Machine, rule: dict[str, object]) -> None:
    del connected.resources[INGRESS]
    allow(connected, INGRESS, "sg-data", **{"referencedSecurityGroupId": "sg-task", **rule})

    assert "no ingress rule" in str(missing_rule(connected, TASK, DATABASE, 5432))


def test_the_internet_comes_in_only_where_every_address_may(machine: Machine) -> None:
    entry = End("the load balancer", ("sg-entry",))
    assert "the internet cannot reach the load balancer on port 80" in str(missing_rule(machine, INTERNET, entry, 80))

    allow(machine, INGRESS, "sg-entry", fromPort=80, toPort=80, cidrIpv4="203.0.113.0/24")
    assert missing_rule(machine, INTERNET, entry, 80) is not None

    allow(machine, INGRESS, "sg-entry", fromPort=80, toPort=80, cidrIpv4="0.0.0.0/0")
    assert missing_rule(machine, INTERNET, entry, 80) is None


def test_a_group_that_nobody_made_is_named_by_its_id(machine: Machine) -> None:
    assert "the security group sg-task has no egress rule" in str(missing_rule(machine, TASK, INTERNET, 443))
