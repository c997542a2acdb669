"""A long command: its output, its ticks, its limit, and that all of it stops."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conducky import subprocesses
from conducky.signals import handled
from conducky.subprocesses import TimeLimitError, last_line, run_logged, stopped_whole, without_colours


@pytest.fixture(autouse=True)
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(subprocesses, "GRACE_SECONDS", 0.2)


def run(folder: Path, script: str, limit_seconds: float = 20, ticks: list[float] | None = None) -> int:
    return run_logged(
        ["/bin/sh", "-c", script],
        folder=folder,
        environment=os.environ,
        log=folder / "log",
        limit_seconds=limit_seconds,
        tick=(ticks if ticks is not None else []).append,
    )


def test_output_is_added_to_the_log_and_the_exit_code_returned(tmp_path: Path) -> None:
    assert run(tmp_path, "echo one") == 0
    assert run(tmp_path, "echo two >&2; exit 7") == 7
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_it_ticks_while_it_waits(tmp_path: Path) -> None:
    ticks: list[float] = []
    run(tmp_path, "sleep 0.4", ticks=ticks)
    assert len(ticks) >= 2
    assert ticks == sorted(ticks)


def test_over_the_limit_even_what_ignores_the_signal_is_stopped(tmp_path: Path, is_gone: Callable[[int], bool]) -> None:
    script = "trap '' TERM; (while :; do sleep 0.1; done) & echo $! >child; wait; wait"
    with pytest.raises(TimeLimitError, match="stopped after"):
        run(tmp_path, script, limit_seconds=0.5)
    assert is_gone(int((tmp_path / "child").read_text()))


def test_what_a_command_leaves_behind_is_stopped(tmp_path: Path, is_gone: Callable[[int], bool]) -> None:
    assert run(tmp_path, "sleep 60 & echo $! >child; exit 0") == 0
    assert is_gone(int((tmp_path / "child").read_text()))


def test_ctrl_c_while_it_starts_ends_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_gone: Callable[[int], bool]
) -> None:
    started: list[int] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
            super().__init__(*arguments, **options)
            started.append(self.pid)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with handled({signal.SIGINT: signal.default_int_handler}):
        with (
            pytest.raises(KeyboardInterrupt),
            stopped_whole(["/bin/sleep", "60"], tmp_path, os.environ, subprocess.DEVNULL),
        ):
            pytest.fail("it came too late")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert is_gone(started[0])


def test_a_command_that_does_not_exist_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_logged(
            [tmp_path / "none"],
            folder=tmp_path,
            environment={},
            log=tmp_path / "log",
            limit_seconds=1,
            tick=lambda _: None,
        )


def test_an_error_while_it_runs_stops_the_command_whole(tmp_path: Path, is_gone: Callable[[int], bool]) -> None:
    command = ["/bin/sh", "-c", "sleep 60 & echo $! >child; echo started; wait"]

    def interrupted() -> None:
        with stopped_whole(command, tmp_path, os.environ, subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert is_gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("one\ntwo\n\n", "two"),
        ("  \x1b[31mred\x1b[0m  \n", "red"),
        ("bell\x07", r"bell\x07"),
        ("", "it printed nothing"),
        (" \n\t\n", "it printed nothing"),
    ],
)
def test_the_last_line_that_says_something(output: str, line: str) -> None:
    assert last_line(output) == line


def test_colours_are_removed() -> None:
    assert without_colours("\x1b[1;31mred\x1b[0m and \x1b[?25lplain") == "red and plain"
