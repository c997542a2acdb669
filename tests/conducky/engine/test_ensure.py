"""The order in which an engine is looked for and got, and what a failure leaves behind."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from conducky.engine import go, release
from conducky.engine.ensure import ensure_engine
from conducky.errors import UserError
from tests.conducky.engine.conftest import FAKE_GO

WriteScript = Callable[[Path, str], Path]
IsGone = Callable[[int], bool]


def silent(line: str) -> None:
    pass


@pytest.mark.parametrize("version", ["v3.256.0", "3.300.1", "v3.257.0-alpha.2"])
def test_a_new_enough_pulumi_on_path_is_used(
    home: Path, bin_folder: Path, write_script: WriteScript, version: str
) -> None:
    pulumi = write_script(bin_folder / "pulumi", f"echo {version}")
    assert ensure_engine(silent) == pulumi
    assert not home.exists(), "nothing had to be got, so nothing should be kept"


@pytest.mark.parametrize("body", ["echo v3.255.9", "echo v4.0.0", "echo v3.256.0-alpha.1", "echo hello", "exit 3"])
def test_a_pulumi_on_path_that_does_not_work_is_named_and_not_used(
    kept_engine: Path, bin_folder: Path, fake_go: Path, write_script: WriteScript, body: str
) -> None:
    write_script(bin_folder / "pulumi", body)
    lines: list[str] = []
    assert ensure_engine(lines.append) == kept_engine
    assert f"{bin_folder / 'pulumi'} is not used" in lines[0]


def test_the_engine_of_the_cache_is_used_without_getting_anything(kept_engine: Path, write_script: WriteScript) -> None:
    write_script(kept_engine, "echo v3.256.0")
    lines: list[str] = []
    assert ensure_engine(lines.append) == kept_engine
    assert lines == []


def test_a_broken_engine_in_the_cache_is_replaced(kept_engine: Path, fake_go: Path, write_script: WriteScript) -> None:
    write_script(kept_engine, "exit 1")
    lines: list[str] = []
    ensure_engine(lines.append)
    assert "does not work: getting it again" in lines[0]
    assert subprocess.run([kept_engine, "version"], capture_output=True, check=True).stdout == b"v3.256.0\n"


def test_the_official_release_comes_before_go(
    kept_engine: Path, fake_go: Path, tmp_path: Path, write_script: WriteScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = 'mkdir -p "$1/bin"; printf "#!/bin/sh\\necho $2\\n" >"$1/bin/pulumi"; chmod +x "$1/bin/pulumi"'
    monkeypatch.setattr(release, "INSTALLER", [write_script(tmp_path / "installer", body)])
    lines: list[str] = []
    assert ensure_engine(lines.append) == kept_engine
    assert lines == ["Downloading Pulumi 3.256.0 from its official site"]


def test_a_long_build_says_how_far_it_is_in_place_or_line_by_line(
    kept_engine: Path, bin_folder: Path, write_script: WriteScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = FAKE_GO.replace('echo "$PWD"', 'sleep 0.3; echo "$PWD"')
    write_script(bin_folder / "go", slow)
    monkeypatch.setattr("conducky.subprocesses.TICK_SECONDS", 0.05)
    monkeypatch.setattr("conducky.engine.attempt.REPORT_EVERY_SECONDS", 0.1)
    lines: list[str] = []
    waits: list[tuple[str, float, float]] = []
    ensure_engine(lines.append, lambda what, seconds, about: waits.append((what, seconds, about)))
    assert [line for line in lines if " of about " in line] == [], "both would be shown"
    what, seconds, about = waits[-1]
    assert (what, seconds > 0, about >= 60) == ("Building Pulumi", True, True)
    kept_engine.unlink()
    ensure_engine(lines.append)
    assert any(line.startswith("Building Pulumi: 0 s of about ") for line in lines)


def test_without_a_release_go_builds_it_from_the_pinned_module(kept_engine: Path, home: Path, fake_go: Path) -> None:
    lines: list[str] = []
    assert ensure_engine(lines.append) == kept_engine
    assert lines[1] == "That did not work: the official download failed (the network is down)"
    assert lines[2].startswith("Building Pulumi 3.256.0 with Go 1.26.8: at most about ")
    log = (home / "3.256.0.log").read_text()
    assert f"{go.MODULE_FOLDER} build -mod=readonly" in log
    assert "version.Version=3.256.0" in log
    assert sorted(path.name for path in home.iterdir()) == ["3.256.0", "3.256.0.lock", "3.256.0.log"]


def test_what_a_killed_process_left_does_no_harm(kept_engine: Path, home: Path, fake_go: Path) -> None:
    left = home / "3.256.0.unfinished" / "bin"
    left.mkdir(parents=True)
    (left / "pulumi").write_text("half of it")
    ensure_engine(silent)
    assert not (home / "3.256.0.unfinished").exists()


def test_when_every_attempt_fails_one_message_names_each(home: Path) -> None:
    with pytest.raises(UserError) as raised:
        ensure_engine(silent)
    for attempt in (
        "no pulumi 3.256.0 or newer on PATH",
        "the official download failed (the network is down)",
        "no Go 1.25.11 or newer on PATH, and no uv to get it from PyPI",
    ):
        assert attempt in raised.value.problem
    for fix in ("pulumi.com/docs/install", "Go 1.25.11 or newer", "`make engine`"):
        assert fix in raised.value.fix
    assert sorted(path.name for path in home.iterdir()) == ["3.256.0.lock", "3.256.0.log"]


def test_a_failed_build_names_its_log_and_leaves_no_engine(
    home: Path, kept_engine: Path, bin_folder: Path, write_script: WriteScript
) -> None:
    write_script(
        bin_folder / "go", '[ "$1" = version ] && echo go version go1.26.8 && exit; echo no space left; exit 1'
    )
    with pytest.raises(UserError, match=r"the build with Go 1.26.8 failed \(no space left; all of it in .*3.256.0.log"):
        ensure_engine(silent)
    assert not kept_engine.exists()
    assert not (home / "3.256.0.unfinished").exists()


def test_an_engine_that_does_not_run_here_is_not_kept(
    kept_engine: Path, bin_folder: Path, write_script: WriteScript
) -> None:
    write_script(bin_folder / "go", '[ "$1" = version ] && echo go version go1.26.8; exit 0')
    with pytest.raises(UserError, match="build_engine got a pulumi that does not run here"):
        ensure_engine(silent)
    assert not kept_engine.exists()


def test_a_second_caller_waits_and_says_so(home: Path, kept_engine: Path, write_script: WriteScript) -> None:
    home.mkdir(parents=True)
    waiting = threading.Event()
    found: list[Path] = []

    def progress(line: str) -> None:
        assert line == "Another process is getting the engine: waiting for it"
        waiting.set()

    second = threading.Thread(target=lambda: found.append(ensure_engine(progress)), daemon=True)
    with FileLock(home / "3.256.0.lock"):
        second.start()
        assert waiting.wait(10), "the second caller did not say that it waits"
        write_script(kept_engine, "echo v3.256.0")
    second.join(10)
    assert found == [kept_engine]


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_process_and_no_engine(
    home: Path, bin_folder: Path, write_script: WriteScript, tmp_path: Path, is_gone: IsGone, number: signal.Signals
) -> None:
    started = tmp_path / "started"
    write_script(
        bin_folder / "go",
        f'[ "$1" = version ] && echo go version go1.26.8 && exit; sleep 60 & echo $! >"{started}.new"; '
        f'mv "{started}.new" "{started}"; wait',
    )
    # SIGTERM arrives as the `conducky` command hands it on: as an exception.
    program = (
        "import signal; from conducky.engine import release; from conducky.engine.ensure import ensure_engine; "
        "signal.signal(signal.SIGTERM, signal.default_int_handler); "
        "release.INSTALLER[:] = ['/bin/sh', '-c', 'exit 1']; ensure_engine(print)"
    )
    caller = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not started.exists():
            assert caller.poll() is None, "the caller ended before the build started"
            assert time.monotonic() < deadline, "the build did not start"
            time.sleep(0.05)
        caller.send_signal(number)
        assert caller.wait(30) != 0
    finally:
        caller.kill()
    grandchild = int(started.read_text())
    assert is_gone(grandchild), "a process of the build is still there"
    assert sorted(path.name for path in home.iterdir()) == ["3.256.0.lock", "3.256.0.log"]


def test_a_file_where_the_engine_folder_should_be_is_one_sentence(home: Path) -> None:
    home.parent.mkdir(parents=True)
    home.touch()
    with pytest.raises(UserError, match=r"the engine cannot be kept in .* CONDUCKY_CACHE"):
        ensure_engine(silent)
