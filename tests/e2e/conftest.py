"""A rehearsal as a person starts it, and a browser."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "artefacts"
SECONDS_TO_HEALTHY = 420.0  # the first time on a machine both applications are installed and built

# Nothing but this machine, and none of the browser's own calls home.
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


_ELSEWHERE = """
import dataclasses, os, pathlib
from conducky.rehearsal import command
from conducky.cli.app import main
rehearse = command.rehearse
command.rehearse = lambda options, console: rehearse(
    dataclasses.replace(options, root=pathlib.Path(os.environ["ELSEWHERE"])), console
)
main()
"""


@dataclass
class RunningRehearsal:
    """`conducky rehearse` in a process of its own, with a temporary folder of its own."""

    process: subprocess.Popen[str]
    temporary: Path
    outcome_file: Path
    output_file: Path
    keyboard: int  # the other end of the terminal that it reads keys from

    @classmethod
    def start(cls, folder: Path, *arguments: str, root: Path = ROOT, **variables: str) -> "RunningRehearsal":
        """Start it in a terminal; with `root`, of the programs and applications there."""
        folder.mkdir(exist_ok=True)
        keyboard, terminal = os.openpty()
        outcome, output = folder / "out.json", folder / "output.txt"
        # Not below pytest's folder, which nobody else may enter: run by root, Postgres is somebody else.
        temporary = Path(tempfile.mkdtemp(prefix="conducky tests "))
        temporary.chmod(0o755)
        with output.open("w") as written:
            process = subprocess.Popen(
                [
                    *(
                        [Path(sys.executable).parent / "conducky"]
                        if root == ROOT
                        else [sys.executable, "-c", _ELSEWHERE]
                    ),
                    "rehearse",
                    "--runtime",
                    "host",
                    "--json-file",
                    outcome,
                    *arguments,
                ],
                stdin=terminal,
                stdout=written,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=ROOT,
                env={**os.environ, "TMPDIR": str(temporary), "ELSEWHERE": str(root), **variables},
            )
        os.close(terminal)
        return cls(process, temporary, outcome, output, keyboard)

    @property
    def output(self) -> str:
        return self.output_file.read_text(encoding="utf-8")

    def wait_healthy(self) -> dict[str, Any]:
        """Its outcome, once it is healthy."""
        deadline = time.monotonic() + SECONDS_TO_HEALTHY
        while time.monotonic() < deadline:
            if "Ctrl-C: end" in (output := self.output):
                assert "ready in" in output, f"it failed, and waits for a person:\n{output}"
                return json.loads(self.outcome_file.read_text())
            assert self.process.poll() is None, f"the rehearsal ended before it was healthy:\n{self.output}"
            time.sleep(0.2)
        raise AssertionError(f"not healthy within {SECONDS_TO_HEALTHY:.0f} s:\n{self.output}")

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until the output holds a text, or holds it so many times."""
        deadline = time.monotonic() + SECONDS_TO_HEALTHY
        while self.output.count(text) < times:
            assert self.process.poll() is None, f"the rehearsal ended before it said {text!r}:\n{self.output}"
            assert time.monotonic() < deadline, f"it never said {text!r}:\n{self.output}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press a key in its terminal."""
        os.write(self.keyboard, key.encode())

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def left_behind(self) -> list[str]:
        """What is still there of it after its end: files, and processes that know its temporary folder."""
        deadline = time.monotonic() + 10  # the watchdog works after a SIGKILL
        while time.monotonic() < deadline and (self._files() or self._processes()):
            time.sleep(0.2)
        left = self._files() + self._processes()
        shutil.rmtree(self.temporary)
        os.close(self.keyboard)
        return left

    def _files(self) -> list[str]:
        # What the watchdog removes meanwhile is no error of os.walk, as it is of rglob.
        found = (
            Path(folder, name) for folder, folders, files in os.walk(self.temporary) for name in (*folders, *files)
        )
        return [str(path.relative_to(self.temporary)) for path in found][:20]

    def _processes(self) -> list[str]:
        found = [(each.pid, " ".join(each.info["cmdline"] or ())) for each in psutil.process_iter(["cmdline"])]
        return [f"{number} {command}" for number, command in found if str(self.temporary) in command]


def free_port() -> int:
    """One that nobody listens on, so that test runs can go side by side."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningRehearsal]:
    """One healthy rehearsal for all tests that only look at it."""
    running = RunningRehearsal.start(tmp_path_factory.mktemp("rehearsal"), "--port", str(free_port()))
    try:
        running.wait_healthy()
        yield running
    finally:
        running.end()
        left = running.left_behind()
    assert left == []


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Headless Chromium, the one that `make browser` finds."""
    found = subprocess.run([ROOT / "tools" / "browser"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, f"run `make browser`: {found.stderr}"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=found.stdout.strip().splitlines()[-1], headless=True, args=BROWSER_FLAGS
        )
        yield launched
        launched.close()
