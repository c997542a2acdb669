"""HTTP APIs towards clients: routes, headers, and the limits of AWS."""

import json
import socket
from collections.abc import Iterator

import pytest

from conducky.errors import UserError
from conducky.rehearsal.gateway.http_api import LARGEST_BODY, LONGEST_WAIT, HttpApi, choose_route, parse_integration
from conducky.rehearsal.load_balancer.target_group import HealthCheck, TargetGroup
from tests.conducky.rehearsal.load_balancer.balancer_fixture import HOST, BalancerFixture, wait_for

REGISTRY = "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-1"
INTEGRATION = {
    "connectionType": "VPC_LINK",
    "integrationUri": REGISTRY,
    "requestParameters": {"overwrite:header.x-client-address": "$context.identity.sourceIp"},
}
ROUTES = {
    "1": ("$default", "all others"),
    "2": ("ANY /api/{proxy+}", "api"),
    "3": ("ANY /api/files/{proxy+}", "files"),
    "4": ("POST /hook", "hook"),
}


class ApiFixture(BalancerFixture):
    """With an API in the place of the listener."""

    api: HttpApi


@pytest.fixture
def fixture() -> Iterator[ApiFixture]:
    """An API with one route for everything, whose targets are healthy from the start."""
    fixture = ApiFixture()
    api = HttpApi(stages={"1": "$default"})
    api.integrations["i"] = parse_integration(INTEGRATION)
    api.routes["r"] = ("$default", "i")
    fixture.balancer.put_target_group(TargetGroup(REGISTRY, "backend", HealthCheck(), 0))
    fixture.port = fixture.balancer.serve("api", 0, api)
    fixture.api = api
    yield fixture
    fixture.close()


def register(fixture: ApiFixture, problem: str | None = None) -> int:
    app = fixture.app()
    fixture.balancer.register(REGISTRY, HOST, app.port, lambda: problem)
    wanted = "healthy" if problem is None else "initial"
    wait_for(lambda: [each.state for each in fixture.balancer.target_health(REGISTRY)] == [wanted], "it is registered")
    return app.port


@pytest.mark.parametrize(
    ("method", "path", "integration"),
    [
        ("GET", "/", "all others"),
        ("GET", "/api", "all others"),
        ("GET", "/api/x", "api"),
        ("PUT", "/api/x/y", "api"),
        ("GET", "/api/files/x", "files"),
        ("GET", "/apis/x", "all others"),
        ("POST", "/hook", "hook"),
        ("GET", "/hook", "all others"),
    ],
)
def test_the_route_that_fits_best_wins(method: str, path: str, integration: str) -> None:
    assert choose_route(ROUTES, method, path) == integration


def test_without_a_route_there_is_nothing() -> None:
    assert choose_route({"2": ROUTES["2"]}, "GET", "/") is None


def test_the_limits_are_those_of_aws() -> None:
    assert (LARGEST_BODY, LONGEST_WAIT) == (10_000_000, 30)


def test_a_request_reaches_a_target_with_path_query_and_body(fixture: ApiFixture) -> None:
    register(fixture)
    status, headers, body = fixture.ask("/api/x%20y?a=1&b=%2F", "POST", b"four")
    seen = json.loads(body)
    assert (status, seen["method"], seen["path"], seen["length"]) == (200, "POST", "/api/x%20y?a=1&b=%2F", 4)
    assert "apigw-requestid" in headers


def test_the_clients_address_is_in_the_mapped_header_whatever_the_client_says(fixture: ApiFixture) -> None:
    register(fixture)
    forged = {"X-Client-Address": "203.0.113.9", "Host": "api.example.com"}
    _, _, body = fixture.ask("/", headers=forged)
    headers = [tuple(pair) for pair in json.loads(body)["headers"]]
    assert [value for name, value in headers if name == "x-client-address"] == [HOST]
    (forwarded,) = (value for name, value in headers if name == "forwarded")
    assert f"for={HOST};host=api.example.com;proto=https" in forwarded
    assert not [name for name, _ in headers if name == "x-forwarded-for"]


def test_repeated_headers_are_joined_and_a_mapped_one_replaces_all_of_them(fixture: ApiFixture) -> None:
    register(fixture)
    with socket.create_connection((HOST, fixture.port), timeout=20) as connection:
        lines = ("X-Client-Address: 203.0.113.9", "x-client-ADDRESS: 203.0.113.8", "X-Tag: a", "x-tag: b")
        cookies = ("Cookie: a=1", "Cookie: b=2", "Connection: close")
        connection.sendall("\r\n".join(("GET / HTTP/1.1", "Host: api", *lines, *cookies, "", "")).encode())
        body = connection.makefile("rb").read().partition(b"\r\n\r\n")[2]
    headers = [tuple(pair) for pair in json.loads(body)["headers"]]
    wanted = {"x-client-address": HOST, "x-tag": "a,b", "cookie": "a=1; b=2"}
    assert sorted(each for each in headers if each[0] in wanted) == sorted(wanted.items())


def test_cookies_and_redirects_come_back_as_they_are(fixture: ApiFixture) -> None:
    register(fixture)
    status, headers, _ = fixture.ask("/redirect")
    assert (status, headers["location"]) == (302, "/elsewhere")
    assert headers["set-cookie"]


@pytest.mark.parametrize("size", [LARGEST_BODY, LARGEST_BODY + 1])
def test_a_body_above_the_limit_is_413(fixture: ApiFixture, size: int) -> None:
    register(fixture)
    status, _, body = fixture.ask("/", "POST", bytes(size))
    if size > LARGEST_BODY:
        assert (status, json.loads(body)) == (413, {"message": "Request Entity Too Large"})
    else:
        assert (status, json.loads(body)["length"]) == (200, size)


def test_an_answer_that_takes_too_long_is_503(fixture: ApiFixture) -> None:
    register(fixture)
    fixture.api.longest_wait = 0.5
    status, _, body = fixture.ask("/slow")
    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})


def test_nothing_is_streamed(fixture: ApiFixture) -> None:
    """The first part is there, the rest does not come: an answer is passed on whole or not at all."""
    register(fixture)
    fixture.api.longest_wait = 0.5
    assert fixture.ask("/stream")[0] == 503


def test_an_upgrade_never_reaches_the_target(fixture: ApiFixture) -> None:
    register(fixture)
    status, _, body = fixture.ask("/", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert status == 200, "answered as the request that is left of it"
    assert not [name for name, _ in json.loads(body)["headers"] if name == "upgrade"]


def test_without_a_healthy_target_it_is_503(fixture: ApiFixture) -> None:
    assert fixture.ask("/")[0] == 503
    register(fixture, "its health check exited with code 1")
    assert fixture.ask("/")[0] == 503


def test_a_target_that_cannot_be_reached_is_503(fixture: ApiFixture) -> None:
    register(fixture)
    fixture.apps.pop().close()
    assert fixture.ask("/")[0] == 503


def test_a_target_is_gone_at_once_when_it_is_deregistered(fixture: ApiFixture) -> None:
    port = register(fixture)
    fixture.balancer.deregister(REGISTRY, HOST, port)
    assert fixture.ask("/")[0] == 503


@pytest.mark.parametrize(
    "change",
    [
        {"connectionType": "INTERNET"},
        {"integrationUri": "https://example.com"},
        {"requestParameters": {"append:header.x": "$context.identity.sourceIp"}},
        {"requestParameters": {"overwrite:header.x": "$request.header.y"}},
    ],
)
def test_what_the_rehearsal_does_not_play_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UserError, match="the rehearsal's HTTP API"):
        parse_integration({**INTEGRATION, **change})
