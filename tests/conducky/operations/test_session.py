"""Sessions: what they need here, that no secret is on a command line, and that nothing outlives a closed terminal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.operations.session import (
    Session,
    plugin_command,
    plugin_environment,
    require_plugin,
    require_terminal,
    run_on_terminal,
)
from conducky.operations.target import Target
from tests.fakes.session_manager_plugin import fake_plugin

TOKEN = "fake-session-token-for-tests"


def test_no_plugin_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError) as caught:
        require_plugin()
    assert "session-manager-plugin" in caught.value.problem
    assert caught.value.fix.startswith("install it: https://docs.aws.amazon.com/")


@pytest.mark.parametrize("version", ["1.2.463.0", "1.1.900.0", "garbage", ""])
def test_a_plugin_that_would_show_the_token_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    fake_plugin(tmp_path, monkeypatch, version=version)
    with pytest.raises(UserError, match=r"1\.2\.497 or newer"):
        require_plugin()


@pytest.mark.parametrize("version", ["1.2.497.0", "1.10.1.0", "2.0.0"])
def test_a_newer_plugin_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake_plugin(tmp_path, monkeypatch, version=version)
    require_plugin()


def test_no_terminal_says_what_to_run_instead() -> None:
    with pytest.raises(UserError) as caught:
        require_terminal("use `conducky logs`")
    assert "needs a terminal" in caught.value.problem
    assert caught.value.fix == "use `conducky logs`"


def test_the_token_is_in_a_variable_and_on_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Target
) -> None:
    plugin = fake_plugin(tmp_path, monkeypatch)
    session = Session("ecs-1", "wss://example.com/1", TOKEN)
    command = plugin_command(target, {"Target": "ecs:c_t_r"})
    assert run_on_terminal(command, plugin_environment(session)) == 0
    assert TOKEN not in "".join(command)
    assert TOKEN not in repr(session)
    assert plugin.session == {"SessionId": "ecs-1", "StreamUrl": "wss://example.com/1", "TokenValue": TOKEN}
    assert plugin.words == [
        "AWS_SSM_START_SESSION_RESPONSE",
        "us-east-1",
        "StartSession",
        "",
        '{"Target": "ecs:c_t_r"}',
        "https://ssm.us-east-1.amazonaws.com",
    ]


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -TERM $$", 143)])
def test_the_exit_code_is_the_commands(script: str, code: int) -> None:
    assert run_on_terminal(["/bin/sh", "-c", script], os.environ) == code


def test_ctrl_c_belongs_to_the_session() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert run_on_terminal(["/bin/sh", "-c", f"kill -INT {os.getpid()}; sleep 0.2; exit 5"], os.environ) == 5
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_terminal_ends_the_session_too(
    tmp_path: Path, number: signal.Signals, is_gone: Callable[[int], bool]
) -> None:
    note = tmp_path / "pid"
    script = (
        "import os, signal, sys\n"
        "from conducky.operations.session import run_on_terminal\n"
        "from conducky.cli.app import _interrupt\n"
        "signal.signal(signal.SIGTERM, _interrupt)\n"
        "run_on_terminal(['/bin/sh', '-c', f'trap \"\" HUP; echo $$ >{sys.argv[1]}.new; mv {sys.argv[1]}.new "
        "{sys.argv[1]}; sleep 60 & wait'], os.environ)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(note)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not note.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    process.wait(30)
    assert is_gone(int(note.read_text()))
