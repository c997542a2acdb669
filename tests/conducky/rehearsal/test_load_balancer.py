"""The load balancer between real little servers and plain HTTP clients."""

import contextlib
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conducky.errors import UserError
from conducky.rehearsal.load_balancer import LoadBalancer, TargetUnhealthy
from conducky.rehearsal.routing import Action, Conditions, FixedResponse, Forward, ListenerRule, Redirect
from conducky.rehearsal.target_group import HealthCheck, Matcher, TargetGroup

HOST = "127.0.0.1"
NOT_DEPLOYED = FixedResponse(503, "text/plain", "not deployed yet")
BROKEN = {
    "/close": b"",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/garbage": b"this is not HTTP\r\n\r\n",
}


class Handler(BaseHTTPRequestHandler):
    """Answers by path; what it saw is in the answer."""

    protocol_version = "HTTP/1.1"
    server: "App"  # pyright: ignore[reportIncompatibleVariableOverride] # always ours

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class's name
        pass

    def reply(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path != "/health":
            self.server.connections.add(self.client_address)
        if path == "/health":
            self.reply(self.server.health, b"ok")
        elif path == "/gzip":
            self.reply(200, gzip.compress(b"small"), ("Content-Encoding", "gzip"), ("Content-Type", "text/plain"))
        elif path == "/redirect":
            self.reply(302, b"", ("Location", "/elsewhere"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
        elif path == "/empty":
            self.send_response(204)
            self.end_headers()
        elif path == "/stream":
            self.stream()
        elif path == "/slow":
            self.server.release.wait(20)
            with contextlib.suppress(OSError):  # whoever asked may have given up
                self.reply(200, b"slow")
        elif path in BROKEN:
            self.wfile.write(BROKEN[path])
            self.close_connection = True
        else:
            self.echo(b"")

    do_HEAD = do_GET  # noqa: N815 # the base class looks for this name

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "keep-alive, X-Private")
        self.send_header("X-Private", "for the load balancer only")
        self.end_headers()
        for text in (b"first", b"second"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            self.wfile.flush()
            self.server.release.wait(20)
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.echo(body)

    do_PUT = do_DELETE = do_POST  # noqa: N815 # as above

    def echo(self, body: bytes) -> None:
        seen = {
            "name": self.server.name,
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "length": len(body),
        }
        self.reply(200, json.dumps(seen).encode(), ("Content-Type", "application/json"))


class App(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, name: str = "app") -> None:
        super().__init__((HOST, 0), Handler)
        self.name = name
        self.health = 200
        self.release = threading.Event()
        self.connections: set[object] = set()
        self.port = int(self.server_address[1])
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self.thread.start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that left before its answer is nothing to print."""

    def close(self) -> None:
        self.release.set()
        self.shutdown()
        self.thread.join()
        self.server_close()


class Site:
    """A load balancer with one listener that forwards everything to one group."""

    def __init__(self) -> None:
        self.balancer = LoadBalancer(idle_timeout=3)
        self.balancer.start()
        self.group = TargetGroup("tg", "app", HealthCheck("/health", Matcher("200"), 2, 2, 2, 0.05), 10)
        self.balancer.put_target_group(self.group)
        self.port = self.balancer.put_listener("listener", 0, NOT_DEPLOYED)
        self.balancer.put_rule("listener", ListenerRule("rule", 1, Conditions(paths=("*",)), Forward("tg")))
        self.apps: list[App] = []

    def app(self, name: str = "app") -> App:
        app = App(name)
        self.apps.append(app)
        self.add(app.port)
        return app

    def add(self, port: int) -> None:
        self.balancer.register("tg", HOST, port)
        self.balancer.wait_healthy("tg", HOST, port, 10, lambda: None)

    def ask(
        self, path: str, method: str = "GET", body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})  # pyright: ignore[reportArgumentType] # a generator is fine
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def close(self) -> None:
        for app in self.apps:
            app.release.set()
        self.balancer.stop()
        for app in self.apps:
            app.close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"waited 20 seconds in vain until {what}"
        time.sleep(0.01)


def test_a_request_arrives_as_it_was_sent_with_forwarding_headers(site: Site) -> None:
    site.app()
    status, headers, body = site.ask(
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
    assert sent["x-forwarded-port"] == str(site.port)
    assert sent["cookie"] == "a=1"
    assert not {"x-hop", "te", "user-agent", "accept"} & set(sent), "a header was passed on or invented"
    assert headers["server"].startswith("BaseHTTP")


def test_answers_pass_unchanged(site: Site) -> None:
    site.app()
    status, headers, body = site.ask("/gzip", headers={"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"], gzip.decompress(body)) == (200, "gzip", b"small")
    connection = http.client.HTTPConnection(HOST, site.port, timeout=20)
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


def test_answers_stream(site: Site) -> None:
    app = site.app()
    connection = http.client.HTTPConnection(HOST, site.port, timeout=20)
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(5) == b"first", "the beginning was held back"
    assert "X-Private" not in response.headers
    app.release.set()
    assert response.read() == b"second"
    connection.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_large_bodies_stream(site: Site, method: str) -> None:
    site.app()
    part = b"x" * 65536
    _, _, body = site.ask("/up", method, (part for _ in range(200)))
    assert json.loads(body)["length"] == 200 * len(part)
    _, _, body = site.ask("/up", method, part * 50, {"Content-Type": "application/octet-stream"})
    assert json.loads(body)["length"] == 50 * len(part)
    assert dict(json.loads(body)["headers"])["content-length"] == str(50 * len(part))
    _, _, body = site.ask("/up", method)
    assert json.loads(body)["length"] == 0


def test_expect_continue_is_answered(site: Site) -> None:
    site.app()
    with socket.create_connection((HOST, site.port), timeout=20) as client:
        client.sendall(
            b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"abc")
        answer = b"".join(iter(lambda: client.recv(10000), b""))
    assert b"200 OK" in answer
    assert b'"length": 3' in answer


def test_connections_to_a_target_are_kept(site: Site) -> None:
    app = site.app()
    for _ in range(5):
        site.ask("/")
    assert len(app.connections) == 1


def test_a_kept_connection_that_the_target_closed_costs_no_request(site: Site) -> None:
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
        site.add(int(server.getsockname()[1]))
        assert [site.ask("/")[0] for _ in range(4)] == [200] * 4
        assert 2 in counts, "no connection was used twice, so nothing was tried"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("path", ["/close", "/garbage"])
def test_502_when_the_target_breaks_off(site: Site, path: str) -> None:
    site.app()
    status, headers, body = site.ask(path)
    assert (status, headers["server"]) == (502, "awselb/2.0")
    assert b"<center><h1>502 Bad Gateway</h1></center>" in body
    assert site.ask("/")[0] == 200


def test_502_when_the_target_refuses(site: Site) -> None:
    group = TargetGroup("tg", "app", HealthCheck("/health", interval=1000, unhealthy_threshold=1000), 10)
    site.balancer.put_target_group(group)
    app = site.app()
    site.apps.remove(app)
    app.close()
    assert site.ask("/")[0] == 502


def test_a_half_answer_is_not_passed_off_as_whole(site: Site) -> None:
    site.app()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        site.ask("/cut")


def test_503_without_a_healthy_target(site: Site) -> None:
    status, _, body = site.ask("/")
    assert status == 503
    assert b"503 Service Temporarily Unavailable" in body


def test_504_when_the_target_does_not_answer(site: Site) -> None:
    site.app()
    started = time.monotonic()
    assert site.ask("/slow")[0] == 504
    assert time.monotonic() - started >= 2.5, "it gave up too early"


def test_listeners_rules_and_fixed_answers(site: Site) -> None:
    site.app("web")
    site.balancer.put_rule(
        "listener", ListenerRule("no", 5, Conditions(paths=("/no/*",)), FixedResponse(404, "text/plain", "no"))
    )
    assert json.loads(site.ask("/no/x")[2])["name"] == "web", "priority 1 comes first"
    with pytest.raises(UserError, match="priority 5"):
        site.balancer.put_rule("listener", ListenerRule("also", 5, Conditions(), Forward("tg")))
    site.balancer.put_rule("listener", ListenerRule("rule", 9, Conditions(paths=("/*",)), Forward("tg")))
    status, headers, body = site.ask("/no/x")
    assert (status, headers["content-type"], body) == (404, "text/plain", b"no")
    site.balancer.remove_rule("rule")
    assert site.ask("/")[2] == b"not deployed yet"
    away: Action = Redirect(301, protocol="HTTPS", port="443")
    assert site.balancer.put_listener("listener", 1, away) == site.port, "an update moved the listener"
    status, headers, _ = site.ask("/x?y=1", headers={"Host": "a.test"})
    assert (status, headers["location"]) == (301, "https://a.test:443/x?y=1")
    site.balancer.remove_listener("listener")
    with pytest.raises(ConnectionError):
        site.ask("/")


def test_what_is_named_must_exist(site: Site) -> None:
    with pytest.raises(UserError, match="no target group gone"):
        site.balancer.register("gone", HOST, 1)
    with pytest.raises(UserError, match="no listener gone"):
        site.balancer.put_rule("gone", ListenerRule("r", 1, Conditions(), NOT_DEPLOYED))


def test_websockets_are_refused_plainly(site: Site) -> None:
    site.app()
    status, _, body = site.ask("/", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert status == 501
    assert b"WebSockets" in body


def test_a_taken_port_gives_the_next(site: Site) -> None:
    second = site.balancer.put_listener("second", site.port, NOT_DEPLOYED)
    assert second > site.port


def test_health_flips(site: Site) -> None:
    app = site.app()
    assert [target.state for target in site.balancer.target_health("tg")] == ["healthy"]
    app.health = 404
    wait_for(lambda: site.balancer.target_health("tg")[0].state == "unhealthy", "the target is unhealthy")
    assert site.balancer.target_health("tg")[0].reason == "GET /health answered 404, expected 200"
    assert site.ask("/")[0] == 503
    app.health = 200
    wait_for(lambda: site.balancer.target_health("tg")[0].state == "healthy", "the target is healthy")
    assert site.ask("/")[0] == 200


def test_waiting_ends_with_the_reason(site: Site) -> None:
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        port = int(unused.getsockname()[1])
    site.balancer.register("tg", HOST, port)
    with pytest.raises(TargetUnhealthy, match=f"not healthy after 0.5 s: connection refused on port {port}"):
        site.balancer.wait_healthy("tg", HOST, port, 0.5, lambda: None)
    with pytest.raises(TargetUnhealthy, match="the task ended"):
        site.balancer.wait_healthy("tg", HOST, port, 60, lambda: "the task ended")
    site.balancer.deregister("tg", HOST, port)
    assert site.balancer.target_health("tg") == []
    with pytest.raises(TargetUnhealthy, match="taken out"):
        site.balancer.wait_healthy("tg", HOST, port, 60, lambda: None)


def test_draining_finishes_what_began(site: Site) -> None:
    app = site.app("old")
    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(site.ask("/slow")[0]))
    slow.start()
    wait_for(lambda: site.group.targets[0].in_flight == 1, "the slow request is in flight")
    drained = threading.Thread(target=lambda: site.balancer.deregister("tg", HOST, app.port))
    drained.start()
    wait_for(lambda: site.balancer.target_health("tg")[0].state == "draining", "the target drains")
    assert site.ask("/")[0] == 503, "a draining target got a new request"
    assert drained.is_alive()
    app.release.set()
    slow.join(20)
    drained.join(20)
    assert answers == [200]
    assert site.balancer.target_health("tg") == []


def test_draining_ends_with_the_deregistration_delay(site: Site) -> None:
    app = site.app()
    site.balancer.put_target_group(TargetGroup("tg", "app", site.group.health, 0.2))
    slow = threading.Thread(target=lambda: site.ask("/slow"))
    slow.start()
    wait_for(lambda: site.group.targets[0].in_flight == 1, "the slow request is in flight")
    site.balancer.deregister("tg", HOST, app.port)
    app.release.set()
    slow.join(20)


def test_releases_under_load_lose_no_request(site: Site) -> None:
    current = site.app("0")
    done = threading.Event()
    statuses: list[int | str] = []

    def client(method: str) -> None:
        while not done.is_set():
            try:
                statuses.append(site.ask("/", method, b"body" if method == "POST" else None)[0])
            except (OSError, http.client.HTTPException) as error:
                statuses.append(repr(error))

    clients = [threading.Thread(target=client, args=(method,)) for method in ("GET", "POST", "GET", "PUT")]
    for thread in clients:
        thread.start()
    for number in range(1, 6):
        following = site.app(str(number))
        site.balancer.deregister("tg", HOST, current.port)
        site.apps.remove(current)
        current.close()
        seen = len(statuses)
        wait_for(lambda seen=seen: len(statuses) > seen + 20, "more requests are answered")
        current = following
    done.set()
    for thread in clients:
        thread.join(20)
    assert set(statuses) == {200}
    assert len(statuses) > 100


def test_stopping_closes_everything_and_may_be_repeated(site: Site) -> None:
    site.app()
    site.balancer.stop()
    site.balancer.stop()
    with pytest.raises(ConnectionError):
        site.ask("/")
    assert not [thread for thread in threading.enumerate() if thread.name == "load-balancer"]
    with pytest.raises(RuntimeError, match="not running"):
        site.balancer.remove_rule("rule")


def test_a_client_that_leaves_ends_its_request(site: Site) -> None:
    app = site.app()
    with socket.create_connection((HOST, site.port), timeout=20) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: site.group.targets[0].in_flight == 1, "the slow request is in flight")
    wait_for(lambda: site.group.targets[0].in_flight == 0, "the request is given up")
    app.release.set()
