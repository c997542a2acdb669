"""A steady load on both applications, every answer of which counts."""

import threading
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.summary import count

_EVERY = 0.03  # seconds between two requests of one reader
_FILED_EVERY = 2.2  # the backend takes 30 reports a minute of an account
_TIMEOUT = 30.0


@dataclass
class Load:
    """What was asked and answered so far. `filed` are the titles of the reports that were accepted."""

    url: str
    sent: int = 0
    failures: list[str] = field(default_factory=list[str])
    filed: list[str] = field(default_factory=list[str])
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> list[threading.Thread]:
        """Two readers and one who files reports."""
        threads = [threading.Thread(target=self._read, args=(path,)) for path in ("/", "/api/status")]
        threads.append(threading.Thread(target=self._file))
        for thread in threads:
            thread.start()
        return threads

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()

    def wait_for_more(self, requests: int, within: float = 20.0) -> None:
        """Wait until so many more were answered."""
        wanted, deadline = self.sent + requests, time.monotonic() + within
        while self.sent < wanted:
            assert time.monotonic() < deadline, f"no {requests} requests within {within} s: {self.failures[-3:]}"
            time.sleep(0.02)

    def _read(self, path: str) -> None:
        with httpx.Client(base_url=self.url, timeout=_TIMEOUT) as client:
            while not self._stop.wait(_EVERY):
                self._ask(client, "GET", path)

    def _file(self) -> None:
        number = 0
        account = {"name": "Under load", "email": f"{uuid.uuid4().hex}@example.org", "password": uuid.uuid4().hex}
        with httpx.Client(base_url=self.url, timeout=_TIMEOUT) as client:
            self._ask(client, "POST", "/api/accounts", account)
            while True:
                number += 1
                title = f"Filed under load {id(self)} {number}"
                if self._ask(client, "POST", "/api/reports", {"title": title, "description": "As it happened."}):
                    self.filed.append(title)
                if self._stop.wait(_FILED_EVERY):
                    return

    def _ask(self, client: httpx.Client, method: str, path: str, content: dict[str, str] | None = None) -> bool:
        try:
            status = client.request(method, path, json=content).status_code
            problem = "" if status in (httpx.codes.OK, httpx.codes.CREATED) else f"{method} {path}: {status}"
        except httpx.HTTPError as error:
            problem = f"{method} {path}: {type(error).__name__} {error}"
        with self._lock:
            self.sent += 1
            if problem:
                self.failures.append(problem)
        return not problem


@contextmanager
def steady_load(url: str) -> Generator[Load]:
    """Load for as long as the block lasts; then no request may have failed."""
    with _running(url) as load:
        yield load
    count("requests sent", load.sent)
    count("requests failed", len(load.failures))
    assert load.failures == [], f"{len(load.failures)} of {load.sent} requests failed"


@contextmanager
def disturbed_load(url: str) -> Generator[Load]:
    """Load during something that may well cost a request; what failed is for the test to judge."""
    with _running(url) as load:
        yield load


@contextmanager
def _running(url: str) -> Generator[Load]:
    load = Load(url)
    threads = load.start()
    try:
        yield load
    finally:
        load.stop()
        for thread in threads:
            thread.join()
