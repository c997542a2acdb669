"""The bench's load on a little server, and the cookies it signs as the backend's session package does."""

import http.server
import subprocess
import threading
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import ClassVar

import pytest

from tools.bench import load as bench_load
from tools.bench import seed
from tools.bench.load import LoadResult

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[3]


class Handler(http.server.BaseHTTPRequestHandler):
    """Refuses the cookie `b`."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[Counter[tuple[str, str, bytes]]] = Counter()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        cookie = self.headers.get("Cookie") or ""
        self.seen[self.headers.get("Content-Type") or "", cookie, body] += 1
        self.send_response(429 if cookie == "b" else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Say nothing."""


@pytest.fixture
def url() -> Generator[str]:
    Handler.seen.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (ROOT / "tools/bench/node_modules").is_dir():
        pytest.skip("tools/bench has no Node packages: run `make node-packages`")
    for name, value in (("CONNECTIONS", 3), ("SECONDS", 1), ("WARM_UP_SECONDS", 1)):
        monkeypatch.setattr(bench_load, name, value)


def test_every_cookie_takes_its_turn_and_refusals_are_counted(url: str) -> None:
    cookies = ["a", "b", "c", "d", "e", "f", "g"]
    result = bench_load.load(
        url, iter([0.0, 1.0, 3.0, 5.0]).__next__, method="POST", cookies=cookies, body={"title": "x"}
    )
    assert {cookie for _, cookie, _ in Handler.seen} == set(cookies)
    assert {(kind, body) for kind, _, body in Handler.seen} == {("application/json", b'{"title":"x"}')}
    assert 0 < result.not_ok < result.answered
    assert result.failed == 0
    assert result.per_second <= result.answered, "refused answers count as served"
    assert result.cpu_ms == pytest.approx(2000 / result.answered), "the warm-up's is not counted"


def test_an_address_where_nobody_answers_is_told() -> None:
    assert bench_load.load("http://127.0.0.1:9/", lambda: 0.0).failed > 0


def test_the_figure_names_what_was_not_a_2xx() -> None:
    line = '{"perSecond": 52.4, "p50": 188, "p99": 378.2, "answered": 520, "notOk": 7, "failed": 1, "cpuMs": 2.5}'
    result = LoadResult.model_validate_json(line)
    assert str(result) == "2.50 CPU ms (52/s, p99 378 ms, median 188 ms, 520 answers, 7 not 2xx, 1 failed)"


def test_a_cookie_is_signed_as_the_backend_does() -> None:
    script = "console.log(require('cookie-signature').sign(process.argv[1], process.argv[2]))"
    theirs = subprocess.run(
        ["node", "-e", script, "an-id", "fake-secret"], cwd=ROOT / "backend", capture_output=True, text=True, check=True
    ).stdout.strip()
    name, _, value = seed.cookie("an-id", "fake-secret").partition("=")
    assert name == "conducky.sid"
    assert value == f"s:{theirs}".replace(":", "%3A").replace("/", "%2F").replace("+", "%2B")
