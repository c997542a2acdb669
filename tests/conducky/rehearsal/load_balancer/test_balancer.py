"""The load balancer's listeners, rules and targets, while clients ask it."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from conducky.errors import UserError
from conducky.rehearsal.load_balancer.proxy import RuleListener
from conducky.rehearsal.load_balancer.routing import Action, Conditions, FixedResponse, Forward, ListenerRule, Redirect
from conducky.rehearsal.load_balancer.target_group import TargetGroup
from tests.conducky.rehearsal.load_balancer.balancer_fixture import HOST, NOT_DEPLOYED, BalancerFixture, wait_for


@pytest.fixture
def fixture() -> Iterator[BalancerFixture]:
    fixture = BalancerFixture()
    yield fixture
    fixture.close()


def test_listeners_rules_and_fixed_answers(fixture: BalancerFixture) -> None:
    fixture.app("web")
    fixture.balancer.put_rule(
        "listener", ListenerRule("no", 5, Conditions(paths=("/no/*",)), FixedResponse(404, "text/plain", "no"))
    )
    assert json.loads(fixture.ask("/no/x")[2])["name"] == "web", "priority 1 comes first"
    with pytest.raises(UserError, match="priority 5"):
        fixture.balancer.put_rule("listener", ListenerRule("also", 5, Conditions(), Forward("tg")))
    fixture.balancer.put_rule("listener", ListenerRule("rule", 9, Conditions(paths=("/*",)), Forward("tg")))
    status, headers, body = fixture.ask("/no/x")
    assert (status, headers["content-type"], body) == (404, "text/plain", b"no")
    fixture.balancer.remove_rule("rule")
    assert fixture.ask("/")[2] == b"not deployed yet"
    away: Action = Redirect(301, protocol="HTTPS", port="443")
    assert fixture.balancer.put_listener("listener", 1, RuleListener(away)) == fixture.port, (
        "an update moved the listener"
    )
    status, headers, _ = fixture.ask("/x?y=1", headers={"Host": "a.test"})
    assert (status, headers["location"]) == (301, "https://a.test:443/x?y=1")
    fixture.balancer.remove_listener("listener")
    with pytest.raises(ConnectionError):
        fixture.ask("/")


def test_what_is_named_must_exist(fixture: BalancerFixture) -> None:
    with pytest.raises(UserError, match="no target group gone"):
        fixture.balancer.register("gone", HOST, 1)
    with pytest.raises(UserError, match="no listener gone"):
        fixture.balancer.put_rule("gone", ListenerRule("r", 1, Conditions(), NOT_DEPLOYED))


def test_a_taken_port_gives_the_next(fixture: BalancerFixture) -> None:
    second = fixture.balancer.put_listener("second", fixture.port, RuleListener(NOT_DEPLOYED))
    assert second > fixture.port


def test_a_removed_listener_gives_its_port_back(fixture: BalancerFixture) -> None:
    fixture.balancer.remove_listener("listener")
    assert fixture.balancer.put_listener("again", fixture.port, RuleListener(NOT_DEPLOYED)) == fixture.port


def test_health_flips(fixture: BalancerFixture) -> None:
    app = fixture.app()
    assert [target.state for target in fixture.balancer.target_health("tg")] == ["healthy"]
    app.health = 404
    wait_for(lambda: fixture.balancer.target_health("tg")[0].state == "unhealthy", "the target is unhealthy")
    assert fixture.balancer.target_health("tg")[0].reason == "GET /health answered 404, expected 200"
    assert fixture.ask("/")[0] == 503
    app.health = 200
    wait_for(lambda: fixture.balancer.target_health("tg")[0].state == "healthy", "the target is healthy")
    assert fixture.ask("/")[0] == 200


def test_a_target_that_does_not_answer_says_so_until_it_is_deregistered(fixture: BalancerFixture) -> None:
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        port = int(unused.getsockname()[1])
    fixture.balancer.register("tg", HOST, port)
    wait_for(lambda: fixture.balancer.target_health("tg")[0].state == "unhealthy", "its checks have failed")
    assert fixture.balancer.target_health("tg")[0].reason == f"connection refused on port {port}"
    fixture.balancer.deregister("tg", HOST, port)
    assert fixture.balancer.target_health("tg") == []


def test_draining_finishes_what_began(fixture: BalancerFixture) -> None:
    app = fixture.app("old")
    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(fixture.ask("/slow")[0]))
    slow.start()
    wait_for(lambda: fixture.group.targets[0].in_flight == 1, "the slow request is in flight")
    drained = threading.Thread(target=lambda: fixture.balancer.deregister("tg", HOST, app.port))
    drained.start()
    wait_for(lambda: fixture.balancer.target_health("tg")[0].state == "draining", "the target drains")
    assert fixture.ask("/")[0] == 503, "a draining target got a new request"
    assert drained.is_alive()
    app.release.set()
    slow.join(20)
    drained.join(20)
    assert answers == [200]
    assert fixture.balancer.target_health("tg") == []


def test_draining_ends_with_the_deregistration_delay(fixture: BalancerFixture) -> None:
    app = fixture.app()
    delay = 0.3  # Seconds
    fixture.balancer.put_target_group(TargetGroup("tg", "app", fixture.group.health, delay))
    slow = threading.Thread(target=lambda: fixture.ask("/slow"))
    slow.start()
    wait_for(lambda: fixture.group.targets[0].in_flight == 1, "the slow request is in flight")
    begin = time.monotonic()
    fixture.balancer.deregister("tg", HOST, app.port)
    assert time.monotonic() - begin >= delay, "what is in flight has that long to end"
    assert slow.is_alive(), "and is not waited for any longer"
    assert fixture.balancer.target_health("tg") == []
    assert fixture.ask("/")[0] == 503
    app.release.set()
    slow.join(20)


def test_releases_under_load_lose_no_request(fixture: BalancerFixture) -> None:
    current = fixture.app("0")
    done = threading.Event()
    statuses: list[int | str] = []

    def client(method: str) -> None:
        while not done.is_set():
            try:
                statuses.append(fixture.ask("/", method, b"body" if method == "POST" else None)[0])
            except (OSError, http.client.HTTPException) as error:
                statuses.append(repr(error))

    clients = [threading.Thread(target=client, args=(method,)) for method in ("GET", "POST", "GET", "PUT")]
    for thread in clients:
        thread.start()
    for number in range(1, 6):
        following = fixture.app(str(number))
        fixture.balancer.deregister("tg", HOST, current.port)
        fixture.apps.remove(current)
        current.close()
        seen = len(statuses)
        wait_for(lambda seen=seen: len(statuses) > seen + 20, "more requests are answered")
        current = following
    done.set()
    for thread in clients:
        thread.join(20)
    assert set(statuses) == {200}
    assert len(statuses) > 100


def test_stopping_closes_everything_and_may_be_repeated(fixture: BalancerFixture) -> None:
    fixture.app()
    fixture.balancer.stop()
    fixture.balancer.stop()
    with pytest.raises(ConnectionError):
        fixture.ask("/")
    assert not [thread for thread in threading.enumerate() if thread.name == "load-balancer"]
    with pytest.raises(RuntimeError, match="not running"):
        fixture.balancer.remove_rule("rule")
