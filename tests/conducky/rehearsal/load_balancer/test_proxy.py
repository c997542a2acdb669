"""Requests through the load balancer: what arrives, what comes back, and what a broken target becomes."""

import contextlib
import gzip
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from conducky.rehearsal.load_balancer import proxy
from conducky.rehearsal.load_balancer.proxy import RuleListener
from conducky.rehearsal.load_balancer.target_group import HealthCheck, TargetGroup
from conducky.rehearsal.processes import ports
from tests.conducky.rehearsal.load_balancer.balancer_fixture import HOST, NOT_DEPLOYED, BalancerFixture, wait_for


@pytest.fixture
def fixture() -> Iterator[BalancerFixture]:
    fixture = BalancerFixture()
    yield fixture
    fixture.close()


def test_a_request_arrives_as_it_was_sent_with_forwarding_headers(fixture: BalancerFixture) -> None:
    fixture.app()
    status, headers, body = fixture.ask(
        "/a%2Fb//c/../d?x=%20&y",
        headers={
            "Host": "app.shop.test",
            "X-Forwarded-For": "9.9.9.9",
            "X-Forwarded-Proto": "https",
            "Connection": "keep-alive, X-Hop",
            "X-Hop": "1",
            "TE": "trailers",
            "Cookie": "a=1",
        },
    )
    seen = json.loads(body)
    sent = dict(seen["headers"])
    assert status == 200
    assert seen["path"] == "/a%2Fb//c/../d?x=%20&y"
    assert sent["host"] == "app.shop.test"
    assert sent["x-forwarded-for"] == "9.9.9.9, 127.0.0.1"
    assert sent["x-forwarded-proto"] == "http"
    assert sent["x-forwarded-port"] == str(fixture.port)
    assert sent["cookie"] == "a=1"
    assert not {"x-hop", "te", "user-agent", "accept"} & set(sent), "a header was passed on or invented"
    assert headers["server"].startswith("BaseHTTP")


def test_answers_pass_unchanged(fixture: BalancerFixture) -> None:
    fixture.app()
    status, headers, body = fixture.ask("/gzip", headers={"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"], gzip.decompress(body)) == (200, "gzip", b"small")
    connection = http.client.HTTPConnection(HOST, fixture.port, timeout=20)
    connection.request("GET", "/redirect")
    response = connection.getresponse()
    assert (response.status, response.headers["Location"]) == (302, "/elsewhere"), "a redirect was followed"
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    response.read()
    connection.request("HEAD", "/gzip")
    response = connection.getresponse()
    assert response.headers["Content-Length"] == str(len(gzip.compress(b"small")))
    assert response.read() == b""
    connection.request("GET", "/empty")
    response = connection.getresponse()
    assert (response.status, response.read(), "content-type" in response.headers) == (204, b"", False)
    connection.close()


def test_answers_stream(fixture: BalancerFixture) -> None:
    app = fixture.app()
    connection = http.client.HTTPConnection(HOST, fixture.port, timeout=20)
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(5) == b"first", "the beginning was held back"
    assert "X-Private" not in response.headers
    app.release.set()
    assert response.read() == b"second"
    connection.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_large_bodies_stream(fixture: BalancerFixture, method: str) -> None:
    fixture.app()
    part = b"x" * 65536
    _, _, body = fixture.ask("/up", method, (part for _ in range(200)))
    assert json.loads(body)["length"] == 200 * len(part)
    _, _, body = fixture.ask("/up", method, part * 50, {"Content-Type": "application/octet-stream"})
    assert json.loads(body)["length"] == 50 * len(part)
    assert dict(json.loads(body)["headers"])["content-length"] == str(50 * len(part))
    _, _, body = fixture.ask("/up", method)
    assert json.loads(body)["length"] == 0


def test_expect_continue_is_answered(fixture: BalancerFixture) -> None:
    fixture.app()
    with socket.create_connection((HOST, fixture.port), timeout=20) as client:
        client.sendall(
            b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"abc")
        answer = b"".join(iter(lambda: client.recv(10000), b""))
    assert b"200 OK" in answer
    assert b'"length": 3' in answer


def test_connections_to_a_target_are_kept(fixture: BalancerFixture) -> None:
    app = fixture.app()
    for _ in range(5):
        fixture.ask("/")
    assert len(app.connections) == 1


def test_a_kept_connection_that_the_target_closed_costs_no_request(fixture: BalancerFixture) -> None:
    counts: list[int] = []

    def serve(connection: socket.socket, address: object) -> None:
        """Answer a connection's first request, and close it without a word at the second."""
        counts.append(0)
        number = len(counts) - 1
        with connection:
            while data := connection.recv(10000):
                counts[number] += 1
                if counts[number] > 1 and b"/health" not in data:
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=server.accept(), daemon=True).start()

    with socket.create_server((HOST, 0)) as server:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        fixture.add(int(server.getsockname()[1]))
        assert [fixture.ask("/")[0] for _ in range(4)] == [200] * 4
        assert 2 in counts, "no connection was used twice, so nothing was tried"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("path", ["/close", "/garbage"])
def test_502_when_the_target_breaks_off(fixture: BalancerFixture, path: str) -> None:
    fixture.app()
    status, headers, body = fixture.ask(path)
    assert (status, headers["server"]) == (502, "awselb/2.0")
    assert b"<center><h1>502 Bad Gateway</h1></center>" in body
    assert fixture.ask("/")[0] == 200


def test_502_when_the_target_refuses(fixture: BalancerFixture) -> None:
    group = TargetGroup("tg", "app", HealthCheck("/health", interval=1000, unhealthy_threshold=1000), 10)
    fixture.balancer.put_target_group(group)
    app = fixture.app()
    fixture.apps.remove(app)
    app.close()
    assert fixture.ask("/")[0] == 502


def test_a_half_answer_is_not_passed_off_as_whole(fixture: BalancerFixture) -> None:
    fixture.app()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        fixture.ask("/cut")


def test_503_without_a_healthy_target(fixture: BalancerFixture) -> None:
    status, _, body = fixture.ask("/")
    assert status == 503
    assert b"503 Service Temporarily Unavailable" in body


def test_504_when_the_target_does_not_answer() -> None:
    fixture = BalancerFixture(idle_timeout=0.5)
    try:
        fixture.app()
        started = time.monotonic()
        assert fixture.ask("/slow")[0] == 504
        assert time.monotonic() - started >= 0.4, "it gave up too early"
    finally:
        fixture.close()


def test_a_client_that_leaves_ends_its_request(fixture: BalancerFixture) -> None:
    app = fixture.app()
    with socket.create_connection((HOST, fixture.port), timeout=20) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: fixture.group.targets[0].in_flight == 1, "the slow request is in flight")
    wait_for(lambda: fixture.group.targets[0].in_flight == 0, "the request is given up")
    app.release.set()


def test_a_port_that_another_program_takes_just_then_is_passed_over(
    fixture: BalancerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((HOST, 0)) as other:
        taken = int(other.getsockname()[1])
        free = ports.free_port()
        claims = iter((taken, free))

        def claim(preferred: int) -> int:
            return next(claims)

        monkeypatch.setattr(proxy, "claim_port", claim)
        assert fixture.balancer.put_listener("second", taken, RuleListener(NOT_DEPLOYED)) == free


def test_both_addresses_of_localhost_are_the_load_balancers(fixture: BalancerFixture) -> None:
    """A browser that is given http://localhost may try either; no other program can take one of them."""
    fixture.app("ours")
    for address in ports.addresses():
        connection = http.client.HTTPConnection(address, fixture.port, timeout=20)
        connection.request("GET", "/")
        assert json.loads(connection.getresponse().read())["name"] == "ours"
        connection.close()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with pytest.raises(OSError, match="in use"):
            socket.create_server((address, fixture.port), family=family)


def test_a_port_of_which_only_one_address_is_free_is_passed_over(
    fixture: BalancerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken between the look and the use, which is when it would be somebody else's program."""
    if "::1" not in ports.addresses():
        pytest.skip("there is no ::1")
    handed_out: list[int] = []

    def taken_first() -> int:
        handed_out.append(ports.free_port())
        if len(handed_out) == 1:
            others.enter_context(socket.create_server(("::1", handed_out[0]), family=socket.AF_INET6))
        return handed_out[-1]

    monkeypatch.setattr(proxy, "free_port", taken_first)
    with contextlib.ExitStack() as others:
        assert fixture.balancer.put_listener("second", 0, RuleListener(NOT_DEPLOYED)) == handed_out[1]
        with socket.create_server((HOST, handed_out[0])):
            """What was bound before the second address failed is free again."""


class _Collector(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self.records = records

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.mark.parametrize(
    "request_",
    [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"GET http://[ HTTP/1.1\r\n\r\n", b"\r\n\0\r\n\r\n"],
)
def test_what_is_no_request_prints_nothing(
    fixture: BalancerFixture, request_: bytes, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    propagated: list[logging.LogRecord] = []
    monkeypatch.setattr(logging.getLogger(), "handlers", [_Collector(propagated)])  # Else they would print it
    with socket.create_connection((HOST, fixture.port), timeout=20) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b"Traceback" not in answer
    fixture.balancer.stop()
    assert "".join(capfd.readouterr()) == ""
    assert propagated == []
