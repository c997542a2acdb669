import pytest

from conducky.rehearsal.account import Machine, Request, ResourceFailedError

PARAMETER = "aws:ssm/parameter:Parameter"
DATABASE = "aws:rds/instance:Instance"


def remember_secret(machine: Machine, name: str, value: str) -> None:
    machine.remember(PARAMETER, name, {"name": name, "type": "SecureString", "value": value})


def test_what_is_remembered_is_found_by_its_properties(machine: Machine) -> None:
    machine.remember("a:b:C", "1", {"name": "one", "arn": "x"})
    machine.remember("a:b:C", "2", {"name": "two", "arn": "y"})

    assert machine.find("a:b:C", name="two") == {"name": "two", "arn": "y"}
    assert machine.find("a:b:C", name="two", arn="x") is None
    assert machine.find("a:b:Other", name="two") is None
    assert len(machine.of("a:b:C")) == 2


def test_what_is_forgotten_is_gone_and_may_be_forgotten_again(machine: Machine) -> None:
    machine.remember("a:b:C", "1", {"name": "one"})

    for _ in range(2):
        machine.forget("a:b:C", "1")
        machine.forget("a:b:Never", "1")

    assert machine.of("a:b:C") == []


def test_remembering_again_replaces(machine: Machine) -> None:
    machine.remember("a:b:C", "1", {"size": 1})
    machine.remember("a:b:C", "1", {"size": 2})

    assert machine.of("a:b:C") == [{"size": 2}]


def test_secure_parameters_and_database_passwords_are_taken_out_of_a_text(machine: Machine) -> None:
    remember_secret(machine, "/conducky/dev/JWT_SECRET", "sign-me")
    machine.remember(DATABASE, "db", {"identifier": "db", "password": "open-sesame"})
    machine.remember(PARAMETER, "/a/b", {"name": "/a/b", "type": "String", "value": "shown"})

    assert machine.redact("sign-me open-sesame shown") == "[secret] [secret] shown"


def test_a_secret_that_begins_like_another_is_taken_out_whole(machine: Machine) -> None:
    remember_secret(machine, "/a/SHORT", "abc")
    remember_secret(machine, "/a/LONG", "abcdef")

    assert machine.redact("abcdef, abc") == "[secret], [secret]"


def test_two_secrets_whose_names_end_alike_are_both_taken_out(machine: Machine) -> None:
    remember_secret(machine, "/conducky/dev/KEY", "first-value")
    remember_secret(machine, "/conducky/dev/other/KEY", "second-value")
    machine.remember(DATABASE, "one", {"identifier": "one", "password": "first-password"})
    machine.remember(DATABASE, "two", {"identifier": "two", "password": "second-password"})

    text = "first-value second-value first-password second-password"
    assert machine.redact(text) == "[secret] [secret] [secret] [secret]"


def test_an_empty_secret_changes_nothing(machine: Machine) -> None:
    remember_secret(machine, "/a/EMPTY", "")

    assert machine.redact("a text") == "a text"


def test_a_stopped_machine_says_so(machine: Machine) -> None:
    machine.check_stop()
    machine.stopping.set()

    with pytest.raises(ResourceFailedError, match="the rehearsal was stopped"):
        machine.check_stop()


def _balancer(machine: Machine, name: str, port: int) -> str:
    host = f"{name}.eu-west-1.elb.amazonaws.com"
    machine.remember("aws:lb/loadBalancer:LoadBalancer", name, {"arn": name, "dnsName": host})
    machine.remember("aws:lb/listener:Listener", f"{name}-listener", {"loadBalancerArn": name})
    machine.listeners[f"{name}-listener"] = port
    return host


def test_each_load_balancer_answers_at_its_own_local_address(machine: Machine) -> None:
    first, second = _balancer(machine, "first", 8080), _balancer(machine, "second", 8081)

    assert machine.urls() == {first: "http://localhost:8080", second: "http://localhost:8081"}
    assert machine.local_url("elsewhere.example.com") is None


def test_a_load_balancer_without_a_listener_has_no_address(machine: Machine) -> None:
    machine.remember("aws:lb/loadBalancer:LoadBalancer", "one", {"arn": "one", "dnsName": "one.elb"})

    assert machine.urls() == {}


def test_a_listener_that_is_only_being_made_leads_nowhere_yet(machine: Machine) -> None:
    machine.remember("aws:lb/loadBalancer:LoadBalancer", "one", {"arn": "one", "dnsName": "one.elb"})
    machine.listeners["its listener"] = 8080

    assert machine.local_url("one.elb") is None


def test_a_request_knows_its_layer() -> None:
    urn = "urn:pulumi:dev::conducky-platform::aws:rds/instance:Instance::database"

    assert Request("aws:rds/instance:Instance", urn, "database", {}, {}).layer == "platform"
