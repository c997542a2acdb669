import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, SimpleNamespace

import psutil
import pytest

from conducky.errors import UserError
from conducky.rehearsal import SOCKET
from conducky.rehearsal.processes.run_folder import RunFolder, check_parent, check_programs_start, sweep
from conducky.rehearsal.processes.watchdog import clean_up

pytestmark = pytest.mark.engine

AS_ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).resolve().parents[4]
PYTHON = [sys.executable, "-c"]
STUBBORN = "trap '' TERM INT; while true; do sleep 1; done"

# Makes a run folder in argv[1] with a process that ignores TERM and a grandchild in a session of its own, and waits.
OWNER = """
import os, sys, time
from pathlib import Path
from conducky.rehearsal.processes.run_folder import RunFolder
folder = RunFolder.create(Path(sys.argv[1]))
stubborn = "trap '' TERM INT; while true; do sleep 1; done"
nested = "import subprocess as s, sys; s.Popen(sys.argv[1:], start_new_session=True); s.run(['sleep', '999'])"
folder.start("stubborn", ["sh", "-c", stubborn], env=os.environ, cwd=folder.path)
folder.start("nested", [sys.argv[2], "-c", nested, "sh", "-c", stubborn], env=os.environ, cwd=folder.path)
print(folder.path, flush=True)
time.sleep(999)
"""


@pytest.fixture
def parent() -> Iterator[Path]:
    """A folder with a space in its name that every user can enter (pytest's own cannot be)."""
    path = Path(tempfile.mkdtemp(prefix="conducky tests ")).resolve()
    path.chmod(0o777)
    yield path
    for left in path.glob("conducky-rehearsal-*/processes"):  # by a test that failed
        clean_up(left.parent, grace=0)
    shutil.rmtree(path)


@pytest.fixture
def folder(parent: Path) -> Iterator[RunFolder]:
    with RunFolder.create(parent) as folder:
        yield folder


@pytest.mark.parametrize("spare", [0, 1])
def test_the_longest_path_that_is_accepted_has_room_for_a_socket(
    parent: Path, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    left = 103 - len(f"{parent}//conducky-rehearsal-12345678/{SOCKET}") + spare
    (parent / ("x" * left)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(parent / ("x" * left)))
    if spare:
        with pytest.raises(UserError, match="too long"):
            check_parent()
        return
    check_parent()
    with RunFolder.create() as folder, socket.socket(socket.AF_UNIX) as listener:
        (folder.path / SOCKET).parent.mkdir()
        listener.bind(str(folder.path / SOCKET))


@pytest.mark.skipif(not hasattr(os, "ST_NOEXEC"), reason="this system does not say it")
@pytest.mark.parametrize(
    ("user", "command"),
    [
        (0, "mkdir -p -m 1777 /srv/tmp && export TMPDIR=/srv/tmp"),  # builds and tasks run as another user
        (1000, "mkdir -p ~/tmp && export TMPDIR=~/tmp"),
    ],
)
def test_a_folder_that_starts_no_programs_is_refused(monkeypatch: pytest.MonkeyPatch, user: int, command: str) -> None:
    def noexec(_path: Path) -> SimpleNamespace:
        return SimpleNamespace(f_flag=os.ST_NOSUID | os.ST_NOEXEC)

    check_programs_start()
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "statvfs", noexec)
    with pytest.raises(UserError) as refused:
        check_programs_start()
    assert f"{Path(tempfile.gettempdir()).resolve()} is mounted with noexec" in refused.value.problem
    assert f"`{command}`" in refused.value.fix


def living(folder: Path) -> list[str]:
    """The command lines of the processes that are in the folder or name it, but for zombies."""
    found: list[str] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and (
                Path(process.cwd()).is_relative_to(folder) or str(folder) in process.cmdline()
            ):
                found.append(" ".join(process.cmdline()))
    return found


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while (folder.exists() or living(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert living(folder) == []


def start_owner(parent: Path, python: str = sys.executable, *before: str) -> tuple["subprocess.Popen[str]", Path]:
    owner = subprocess.Popen(
        [*before, python, "-c", OWNER, str(parent), python], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert owner.stdout is not None
    folder = Path(owner.stdout.readline().strip())
    deadline = time.monotonic() + 30
    while len(living(folder)) < 5 and time.monotonic() < deadline:  # the watchdog, two processes, a child of each
        time.sleep(0.05)
    assert len(living(folder)) >= 5
    return owner, folder


def test_a_process_has_exactly_the_given_environment_and_no_input(folder: RunFolder) -> None:
    process = folder.start(
        "env", ["sh", "-c", "cat; env -u PWD"], env={"PATH": os.defpath, "X": "ä b"}, cwd=folder.path
    )
    assert process.wait(10) == 0
    assert sorted(process.tail().splitlines()) == [f"PATH={os.defpath}", "X=ä b"]


def test_a_process_leads_its_own_session_and_inherits_no_open_file(folder: RunFolder) -> None:
    listing = (
        "import os; print(os.getsid(0) == os.getpid(), [f for f in range(3, 256) if os.path.exists(f'/dev/fd/{f}')])"
    )
    first = folder.start("first", [*PYTHON, listing], env={}, cwd=folder.path)
    assert first.wait(10) == 0
    assert first.tail() == "True []"


def test_a_process_has_no_signal_masked_or_ignored(folder: RunFolder) -> None:
    report = (
        "import signal as s; print(s.pthread_sigmask(s.SIG_BLOCK, []), s.getsignal(s.SIGUSR1) == s.SIG_DFL,"
        " s.getsignal(s.SIGHUP) == s.SIG_DFL)"
    )
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGUSR1, signal.SIGHUP)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR2])
    try:
        process = folder.start("signals", [*PYTHON, report], env={}, cwd=folder.path)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)
    process.wait(10)
    assert process.tail() == "set() True True"


def test_a_command_that_does_not_exist_says_so_in_the_log(folder: RunFolder) -> None:
    process = folder.start("missing", ["no-such-command"], env={}, cwd=folder.path)
    assert process.wait(10) == 127
    assert process.tail() == "cannot start no-such-command: No such file or directory"


def test_the_log_can_be_elsewhere_and_is_appended_to(folder: RunFolder, tmp_path: Path) -> None:
    for _ in range(2):
        folder.start("echo", ["echo", "message"], env={}, cwd=folder.path, log=tmp_path / "new" / "echo.log").wait(10)
    assert (tmp_path / "new" / "echo.log").read_text() == "message\nmessage\n"


@pytest.mark.skipif(not AS_ROOT, reason="only root can start a process as another user")
def test_a_process_runs_as_another_user(folder: RunFolder) -> None:
    theirs = folder.path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o777)
    (theirs / "secret").write_text("root's group may read this")
    (theirs / "secret").chmod(0o640)
    script = "touch mark; cat secret"
    process = folder.start("touch", ["sh", "-c", script], env={"PATH": os.defpath}, cwd=theirs, run_as="nobody")
    assert process.wait(10) == 1
    assert "secret: Permission denied" in process.tail()
    assert (theirs / "mark").owner() == "nobody"


def test_an_unknown_user_leaves_no_waiting_process(folder: RunFolder) -> None:
    with pytest.raises(KeyError):
        folder.start("id", ["id"], env={}, cwd=folder.path, run_as="no such user")
    assert [line for line in living(folder.path) if "watchdog" not in line] == []


def stubborn(folder: RunFolder) -> None:
    """Start a process that ignores TERM, and wait until it does."""
    process = folder.start(
        "stubborn", ["sh", "-c", f"trap '' TERM INT; echo deaf; {STUBBORN}"], env=os.environ, cwd=folder.path
    )
    while process.poll() is None and process.tail() != "deaf":
        pass


def test_close_ends_everything_and_removes_the_folder(parent: Path) -> None:
    folder = RunFolder.create(parent)
    stubborn(folder)
    nested = "import subprocess as s, sys; s.Popen(sys.argv[1:], start_new_session=True); s.run(['sleep', '9'])"
    folder.start("nested", [*PYTHON, nested, "sh", "-c", STUBBORN], env=os.environ, cwd=folder.path)
    orphan = folder.start("orphan", ["sh", "-c", "sleep 999 & exit 0"], env=os.environ, cwd=folder.path)
    assert orphan.wait(10) == 0
    locked = folder.path / "locked"
    locked.mkdir(mode=0o500)
    folder.close(grace=0.2)
    assert not folder.path.exists()
    assert living(folder.path) == []
    folder.close()
    with pytest.raises(RuntimeError, match="closed"):
        folder.start("late", ["true"], env={}, cwd=parent)


def test_close_ends_a_daemon(parent: Path) -> None:
    folder = RunFolder.create(parent)
    code = "import subprocess as s; s.Popen(['sleep', '999'], start_new_session=True)"
    assert folder.start("daemon", [*PYTHON, code], env=os.environ, cwd=folder.path).wait(10) == 0
    assert any("sleep 999" in line for line in living(folder.path))
    folder.close()
    assert living(folder.path) == []


@pytest.mark.parametrize(("stays", "delay"), [(True, 0.2), *((False, n / 200) for n in range(10))])
def test_close_can_be_called_by_a_signal_handler_during_close(parent: Path, *, stays: bool, delay: float) -> None:
    folder = RunFolder.create(parent)
    if stays:
        stubborn(folder)

    def handler(number: int, frame: FrameType | None) -> None:
        folder.close(grace=0.1)

    before = signal.signal(signal.SIGUSR1, handler)
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        timer.start()
        folder.close(grace=1)
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
    assert not folder.path.exists()
    assert living(folder.path) == []


def test_a_killed_owner_leaves_nothing_behind(parent: Path) -> None:
    owner, folder = start_owner(parent)
    owner.kill()
    owner.communicate()
    wait_until_gone(folder)


def test_a_sweep_cleans_up_when_the_watchdog_was_killed_too(parent: Path) -> None:
    owner, folder = start_owner(parent)
    assert sweep(parent) == []  # it is in use
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "conducky.rehearsal.processes.watchdog" in process.cmdline() and str(folder) in process.cmdline():
                process.kill()
    owner.kill()
    owner.communicate()
    deadline = time.monotonic() + 30
    while not (swept := sweep(parent)) and time.monotonic() < deadline:  # the kernel is still ending the two
        time.sleep(0.02)
    assert swept == [folder]
    wait_until_gone(folder)


def test_a_sweep_leaves_alone_what_is_not_a_dead_rehearsal(folder: RunFolder, parent: Path) -> None:
    other = parent / "other"
    other.mkdir()
    (other / "lock").touch()
    (parent / "conducky-rehearsal-link").symlink_to(other)
    (parent / "conducky-rehearsal-file").touch()
    (parent / "conducky-rehearsal-new").mkdir()  # no lock yet
    foreign = parent / "conducky-rehearsal-foreign"
    foreign.mkdir()
    (foreign / "lock").touch()
    if AS_ROOT:
        shutil.chown(foreign, "nobody")
    else:
        shutil.rmtree(foreign)  # a plain user cannot make one
    before = sorted(parent.iterdir())
    assert sweep(parent) == []
    assert sorted(parent.iterdir()) == before
    assert folder.path in before


def test_a_sweep_kills_no_process_that_got_a_recorded_number(parent: Path) -> None:
    dead = parent / "conducky-rehearsal-dead"
    dead.mkdir()
    (dead / "lock").touch()
    bystander = subprocess.Popen(["sleep", "999"], start_new_session=True)
    line = (
        f'{{"name": "old", "pid": {bystander.pid}, "started": 1.0, "stop_signal": 15, "log": "/none"}}\n{{"name": "ha'
    )
    (dead / "processes").write_text(line)
    try:
        assert sweep(parent) == [dead]
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
    assert not dead.exists()


@pytest.mark.skipif(not AS_ROOT, reason="the other tests are this one, for a plain user")
@pytest.mark.skipif(shutil.which("runuser") is None, reason="needs runuser")
def test_a_plain_user_leaves_nothing_behind_either(parent: Path) -> None:
    as_nobody = ("runuser", "-u", "nobody", "--", "env", f"PYTHONPATH={os.pathsep.join(['.', *sys.path])}")
    # This interpreter may be in root's home; another of the same version can use the same packages.
    candidates = [sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"]
    usable = (
        p for p in candidates if subprocess.run([*as_nobody, p, "-c", "import psutil"], check=False).returncode == 0
    )
    python = next(usable, None)
    if python is None:
        pytest.skip("user nobody can run no Python with psutil here")
    owner, folder = start_owner(parent, python, *as_nobody)
    for child in psutil.Process(owner.pid).children():
        child.kill()
    owner.communicate()
    wait_until_gone(folder)
