"""A load balancer between real little servers and plain HTTP clients."""

import contextlib
import gzip
import http.client
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.load_balancer.proxy import RuleListener
from conducky.rehearsal.load_balancer.routing import Conditions, FixedResponse, Forward, ListenerRule
from conducky.rehearsal.load_balancer.target_group import HealthCheck, Matcher, TargetGroup

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
            with contextlib.suppress(OSError):  # The client may have given up
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

    def __init__(self, name: str = "app", port: int = 0) -> None:
        super().__init__((HOST, port), Handler)
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


class BalancerFixture:
    """A load balancer with one listener that forwards everything to one group."""

    def __init__(self, idle_timeout: float = 3) -> None:
        self.balancer = LoadBalancer(idle_timeout=idle_timeout)
        self.balancer.start()
        self.group = TargetGroup("tg", "app", HealthCheck("/health", Matcher("200"), 2, 2, 2, 0.05), 10)
        self.balancer.put_target_group(self.group)
        self.port = self.balancer.put_listener("listener", 0, RuleListener(NOT_DEPLOYED))
        self.balancer.put_rule("listener", ListenerRule("rule", 1, Conditions(paths=("*",)), Forward("tg")))
        self.apps: list[App] = []

    def app(self, name: str = "app") -> App:
        app = App(name)
        self.apps.append(app)
        self.add(app.port)
        return app

    def add(self, port: int) -> None:
        self.balancer.register("tg", HOST, port)
        states = self.balancer.target_health
        wait_for(lambda: ("healthy", port) in [(each.state, each.port) for each in states("tg")], "it is healthy")

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


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"waited 20 seconds in vain until {what}"
        time.sleep(0.01)
