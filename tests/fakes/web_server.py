"""A web server on this machine that answers as a test tells it to, and notes what it was asked."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request; `content` is its JSON, or its text where that is none."""

    method: str
    path: str
    headers: dict[str, str]
    content: Any


@dataclass(frozen=True)
class Answer:
    """One response: JSON, or text as it is."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class WebServer:
    """Where it is, and what it was asked."""

    address: str
    asked: list[Asked] = field(default_factory=list[Asked])


@contextmanager
def serve(answer: Callable[[Asked], Answer], port: int = 0) -> Generator[WebServer]:
    """Run a server until the end of the block, by default on any free port."""
    served = WebServer("")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            is_json = "json" in self.headers.get("Content-Type", "json")
            content = (json.loads(raw) if is_json else raw.decode()) if raw else None
            asked = Asked(self.command, self.path, dict(self.headers), content)
            served.asked.append(asked)
            given = answer(asked)
            body = given.content if isinstance(given.content, str) else json.dumps(given.content)
            self.send_response(given.status)
            self.send_header("Content-Length", str(len(body.encode())))
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815  # the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as it is called there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
