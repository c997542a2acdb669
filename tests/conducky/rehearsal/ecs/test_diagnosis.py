import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.rehearsal.ecs.diagnosis import SETTLED, Diagnosis, listening


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def listener() -> Generator[tuple[int, int]]:
    """A process that listens in a child of its own, as npx and a server do: its pid and the port."""
    code = (
        "import socket, subprocess, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
        "print(s.getsockname()[1], flush=True); sys.stdin.read()"
    )
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    yield process.pid, int(process.stdout.readline())
    process.communicate("")


def test_a_wrong_answer_that_stays_is_hopeless_and_names_the_file(tmp_path: Path) -> None:
    clock = Clock()
    diagnosis = Diagnosis(1, 4000, lambda: "GET /healthz answered 404, expected 200", tmp_path, clock)
    assert diagnosis.hopeless() is None, "it may be starting"
    clock.now = SETTLED
    assert (
        diagnosis.hopeless()
        == "GET /healthz answered 404, expected 200: check `healthPath` in the settings of services"
    )


def test_a_starting_application_may_answer_503(tmp_path: Path) -> None:
    clock = Clock()
    diagnosis = Diagnosis(1, 4000, lambda: "GET /health answered 503, expected 200", tmp_path, clock)
    diagnosis.hopeless()
    clock.now = 60
    assert diagnosis.hopeless() is None


def test_an_answer_that_changes_begins_anew(tmp_path: Path) -> None:
    clock, reasons = Clock(), ["GET /health answered 404, expected 200"]
    diagnosis = Diagnosis(1, 4000, lambda: reasons[0], tmp_path, clock)
    diagnosis.hopeless()
    clock.now = SETTLED - 1
    reasons[0] = "GET /health answered 302, expected 200"
    assert diagnosis.hopeless() is None
    clock.now = SETTLED + 1
    assert diagnosis.hopeless() is None


@pytest.mark.engine
def test_a_process_that_listens_elsewhere_is_hopeless(listener: tuple[int, int], tmp_path: Path) -> None:
    pid, port = listener
    clock = Clock()
    diagnosis = Diagnosis(pid, 1, lambda: "connection refused on port 1", tmp_path, clock)
    assert diagnosis.hopeless() is None
    clock.now = SETTLED
    message = diagnosis.hopeless()
    assert message is not None
    assert message.startswith(f"it listens on port {port}, and the target group checks port 1: check `port`")


def test_a_process_that_listens_on_its_port_is_waited_for(listener: tuple[int, int], tmp_path: Path) -> None:
    pid, port = listener
    (tmp_path / "listens-everywhere").write_text(f"1\n{port}\n")
    clock = Clock()
    diagnosis = Diagnosis(pid, port, lambda: "timed out", tmp_path, clock)
    diagnosis.hopeless()
    clock.now = 60
    assert diagnosis.hopeless() is None


@pytest.mark.engine
def test_a_process_that_asked_for_loopback_is_hopeless(listener: tuple[int, int], tmp_path: Path) -> None:
    pid, port = listener
    clock = Clock()
    diagnosis = Diagnosis(pid, port, lambda: "timed out", tmp_path, clock)
    (tmp_path / "listens-everywhere").write_text("1\n")
    assert diagnosis.hopeless() is None, "it may listen on more soon"
    clock.now = SETTLED
    message = diagnosis.hopeless()
    assert message is not None
    assert message == diagnosis.unreachable()
    for word in ("loopback only", "127.0.0.1", str(port), "listen on 0.0.0.0"):
        assert word in message


def test_a_process_that_is_gone_listens_nowhere() -> None:
    with socket.socket():
        assert listening(2**22 + 1) == set()
