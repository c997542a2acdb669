"""`conducky develop`: servers that start again at each change, behind a rehearsal, and nothing of them afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from conducky.repository import APPLICATIONS, ROOT
from tests.scenarios.repository import edit, with_stand_ins

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_DEVELOP = """
import sys
from pathlib import Path
from rich.console import Console
from conducky.rehearsal.command import rehearse
from conducky.rehearsal.session import Options
options = Options("dev", 18700, False, None, Path(sys.argv[1]), "host", develop=True)
sys.exit(rehearse(options, Console(width=200)))
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_edit_is_served_and_nothing_is_left(tmp_path: Path, ending: signal.Signals) -> None:
    root = with_stand_ins(tmp_path / "repository")
    for name in APPLICATIONS:
        (root / name / "node_modules").mkdir()
        package = {"scripts": {"dev": "node --watch server.js"}}
        (root / name / "package.json").write_text(json.dumps(package))
    edit(root / "backend" / "server.js", 'status: "ok"', 'status: process.env.DATABASE_URL ? "with database" : "none"')
    written = tmp_path / "written"
    with written.open("w") as output:
        command = [sys.executable, "-c", _DEVELOP, str(root)]
        developing = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _wait(lambda: "Ctrl-C: end" in written.read_text(), written.read_text)
        url = next(word for word in written.read_text().split() if word.startswith("http://localhost:"))
        served = partial(_served, written)
        assert served(f"{url}/api/x", "with database"), "the backend has no database"
        assert served(f"{url}/", '"status":"ok"')
        edit(root / "frontend" / "server.js", 'status: "ok"', 'status: "changed"')
        assert served(f"{url}/", '"status":"changed"')
        edit(root / "backend" / "server.js", "with database", "changed too")
        assert served(f"{url}/api/x", "changed too")
        assert "frontend │ > node --watch server.js" in written.read_text(), "what servers write is not shown"
        started = psutil.Process(developing.pid).children(recursive=True)
        assert any("--watch" in process.cmdline() for process in started)
    finally:
        os.kill(developing.pid, ending)
        developing.wait(60)
    _wait(lambda: not any(map(_runs, started)), lambda: str(started))
    assert {path.name for path in (root / "backend").iterdir()} == {
        "Dockerfile",
        "node_modules",
        "package.json",
        "server.js",
    }


def _served(written: Path, url: str, text: str) -> bool:
    """Whether an address comes to answer with a text; a server that starts again is waited for, and never a 5xx."""
    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(httpx.get(url, timeout=60))
        return text in answers[-1].text

    _wait(answered, lambda: f"{answers[-1].text}\n{written.read_text()}")
    return all(answer.status_code < 500 for answer in answers)


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _wait(condition: Callable[[], bool], why: Callable[[], str]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)
