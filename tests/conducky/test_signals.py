import os
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from conducky.signals import Interrupted, Interruption


def test_work_gives_its_result() -> None:
    assert Interruption().run(lambda: 42, lambda: None) == 42


def test_a_failure_of_the_work_is_the_callers() -> None:
    def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        Interruption().run(fail, lambda: None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_work_and_is_raised_after_it_ended(number: signal.Signals) -> None:
    interruption, stopped, ended = Interruption(), threading.Event(), threading.Event()

    def work() -> None:
        os.kill(os.getpid(), number)
        stopped.wait(10)
        time.sleep(0.05)
        ended.set()

    with interruption.installed(), pytest.raises(Interrupted) as raised:
        interruption.run(work, stopped.set)
    assert raised.value.number == number
    assert str(raised.value) == number.name
    assert ended.is_set(), "the work was left running"


def test_after_a_signal_no_more_work_begins() -> None:
    interruption = Interruption()
    with interruption.installed():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted):
            interruption.run(lambda: pytest.fail("it began"), lambda: None)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Generator[int]:
    """A terminal to read keys from; this is the end at which they are pressed."""
    keyboard, screen = os.openpty()
    with os.fdopen(screen) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield keyboard
    os.close(keyboard)


@pytest.mark.parametrize(("typed", "key"), [(b"u", "u"), (b"Q", "q"), (b"\x1b[A", "\x1b"), (b"\xc3\xa9", "\ufffd")])
def test_a_key_is_read_as_it_is_pressed_and_an_arrow_is_no_letter(terminal: int, typed: bytes, key: str) -> None:
    interruption = Interruption()
    threading.Timer(0.2, os.write, (terminal, typed)).start()
    assert interruption.wait() == key


def test_keys_that_are_pressed_during_work_are_neither_shown_nor_kept(terminal: int) -> None:
    interruption = Interruption()

    def work() -> None:
        os.write(terminal, b"uuu")
        time.sleep(0.1)

    interruption.run(work, lambda: None)
    threading.Timer(0.2, os.write, (terminal, b"q")).start()
    assert interruption.wait() == "q"
    os.set_blocking(terminal, False)
    with pytest.raises(BlockingIOError):
        os.read(terminal, 10)


def test_waiting_ends_with_a_signal_where_there_is_no_terminal() -> None:
    interruption = Interruption()
    with interruption.installed():
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        assert interruption.wait() is None
        timer.join()


def test_a_command_that_has_the_terminal_gets_ctrl_c_alone(tmp_path: Path) -> None:
    interruption, started = Interruption(), tmp_path / "started"
    with interruption.installed():
        before = signal.getsignal(signal.SIGINT)
        timer = threading.Thread(target=_interrupt_when, args=(started,))
        timer.start()
        script = 'echo "$FOLDER" > "$FOLDER/started"; until [ -e "$FOLDER/interrupted" ]; do sleep 0.01; done'
        interruption.lend_terminal(["/bin/sh", "-c", script], {"FOLDER": str(tmp_path)})
        timer.join()
        interruption.check()
        assert signal.getsignal(signal.SIGINT) == before
    assert started.read_text().strip() == str(tmp_path)


def _interrupt_when(started: Path) -> None:
    while not started.exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
    started.with_name("interrupted").touch()


def test_another_signal_ends_the_command_that_has_the_terminal() -> None:
    interruption = Interruption()
    with interruption.installed():
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        interruption.lend_terminal(["sleep", "60"], {})
        timer.join()
    assert interruption.number == signal.SIGTERM


def test_the_handlers_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interruption().installed():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
