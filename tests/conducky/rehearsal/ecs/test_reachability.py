import pytest

from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.ecs.reachability import INTERNET, End, require_rules

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
TASK = End("the backend's task", ("sg-task",))
DATABASE = End("the database", ("sg-data",))


def problem(account: Account, source: End, target: End, port: int) -> str | None:
    try:
        require_rules(account, source, target, port)
    except ResourceFailedError as error:
        return str(error)
    return None


def allow(account: Account, token: str, group: str, **rule: object) -> None:
    given: dict[str, object] = {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
    account.remember(token, f"{token}{group}{rule}", {"securityGroupId": group, **given, **rule})


@pytest.fixture
def connected(account: Account) -> Account:
    """The task may talk to the database."""
    for group in ("task", "data"):
        account.remember(
            "aws:ec2/securityGroup:SecurityGroup", group, {"id": f"sg-{group}", "name": f"conducky-dev-{group}"}
        )
    allow(account, EGRESS, "sg-task", referencedSecurityGroupId="sg-data")
    allow(account, INGRESS, "sg-data", referencedSecurityGroupId="sg-task")
    return account


def test_a_connection_with_a_rule_at_both_ends_is_allowed(connected: Account) -> None:
    assert problem(connected, TASK, DATABASE, 5432) is None


def test_without_a_way_out_the_message_names_the_egress_rule(connected: Account) -> None:
    del connected.resources[EGRESS]

    assert problem(connected, TASK, DATABASE, 5432) == (
        "the backend's task cannot reach the database on port 5432, because the security group conducky-dev-task has "
        "no egress rule for it: add one in platform/firewall.py"
    )


def test_without_a_way_in_the_message_names_the_ingress_rule(connected: Account) -> None:
    del connected.resources[INGRESS]

    assert problem(connected, TASK, DATABASE, 5432) == (
        "the backend's task cannot reach the database on port 5432, because the security group conducky-dev-data has "
        "no ingress rule for it: add one in platform/firewall.py"
    )


def test_another_port_is_another_connection(connected: Account) -> None:
    assert "on port 6379" in str(problem(connected, TASK, DATABASE, 6379))


def test_the_other_direction_is_another_connection(connected: Account) -> None:
    assert "no egress rule" in str(problem(connected, DATABASE, TASK, 5432))


def test_another_group_is_not_let_in(connected: Account) -> None:
    stranger = End("a stranger", ("sg-stranger",))
    allow(connected, EGRESS, "sg-stranger", cidrIpv4="0.0.0.0/0")

    assert "a stranger cannot reach the database" in str(problem(connected, stranger, DATABASE, 5432))


def test_one_of_several_groups_is_enough(connected: Account) -> None:
    task = End("the task", ("sg-other", "sg-task"))

    assert problem(connected, task, DATABASE, 5432) is None


@pytest.mark.parametrize(
    "rule",
    [
        {"fromPort": 5000, "toPort": 6000},
        {"ipProtocol": "-1", "fromPort": None, "toPort": None},
        {"referencedSecurityGroupId": None, "cidrIpv4": "0.0.0.0/0"},
    ],
)
def test_a_wider_rule_covers_the_connection(connected: Account, rule: dict[str, object]) -> None:
    del connected.resources[INGRESS]
    allow(connected, INGRESS, "sg-data", **{"referencedSecurityGroupId": "sg-task", **rule})

    assert problem(connected, TASK, DATABASE, 5432) is None


@pytest.mark.parametrize("rule", [{"ipProtocol": "udp"}, {"fromPort": 5433, "toPort": 6000}])
def test_a_rule_for_something_else_does_not(connected: Account, rule: dict[str, object]) -> None:
    del connected.resources[INGRESS]
    allow(connected, INGRESS, "sg-data", **{"referencedSecurityGroupId": "sg-task", **rule})

    assert "no ingress rule" in str(problem(connected, TASK, DATABASE, 5432))


def test_the_internet_comes_in_only_where_every_address_may(account: Account) -> None:
    entry = End("the load balancer", ("sg-entry",))
    assert "the internet cannot reach the load balancer on port 80" in str(problem(account, INTERNET, entry, 80))

    allow(account, INGRESS, "sg-entry", fromPort=80, toPort=80, cidrIpv4="203.0.113.0/24")
    assert problem(account, INTERNET, entry, 80) is not None

    allow(account, INGRESS, "sg-entry", fromPort=80, toPort=80, cidrIpv4="0.0.0.0/0")
    assert problem(account, INTERNET, entry, 80) is None


def test_a_group_that_nobody_made_is_named_by_its_id(account: Account) -> None:
    assert "the security group sg-task has no egress rule" in str(problem(account, TASK, INTERNET, 443))
