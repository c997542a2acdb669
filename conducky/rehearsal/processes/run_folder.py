"""The one folder that holds a rehearsal: its processes and its files, none of which outlives it."""

import contextlib
import fcntl
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

import psutil

from conducky.errors import UserError
from conducky.rehearsal import SOCKET
from conducky.rehearsal.processes.containers_left import remove_containers
from conducky.rehearsal.processes.managed_process import ManagedProcess
from conducky.rehearsal.processes.records import end_all
from conducky.rehearsal.processes.trees import link_tree
from conducky.rehearsal.processes.user import is_open_to_all, unprivileged_user
from conducky.rehearsal.processes.watchdog import GOODBYE, clean_up, remove_folder

_PREFIX = "conducky-rehearsal-"
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_CLOSE_GRACE_SECONDS = 5.0
_UNLOCKED_SECONDS = 60.0
_LONGEST_SOCKET = 103  # bytes; Linux takes 107


class RunFolder:
    """A private temporary folder and the processes started in it. `user` is whom builds and tasks run as, for root.

    `close` (also at the end of `with`) ends them and removes the folder; if this process is killed before it could, a
    watchdog does the same, and if that is killed too, `sweep` in the next rehearsal.
    """

    def __init__(self, path: Path, lock: IO[bytes], watchdog: "subprocess.Popen[bytes]") -> None:
        self.path = path
        self.user = unprivileged_user()
        self._lock = lock
        self._watchdog = watchdog
        self._processes: list[ManagedProcess] = []
        # Re-entrant: a signal handler may call close in the thread that is just starting or closing.
        self._changing = threading.RLock()
        self._closed = False

    @classmethod
    def create(cls, parent: Path | None = None) -> Self:
        """Create the folder in `parent` (by default the temporary folder), lock it and start its watchdog."""
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)).resolve()
        try:
            # Another user, the database's, must be able to enter, but not to list.
            path.chmod(0o711)
            (path / "logs").mkdir(mode=0o700)
            (path / "processes").touch(mode=0o600)
            lock = _new_lock(path)
            watchdog = subprocess.Popen(
                [sys.executable, "-m", "conducky.rehearsal.processes.watchdog", str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=_PACKAGE_ROOT,
                # It holds the same lock, so a folder is swept only when owner and watchdog are both dead.
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )
        except BaseException:
            remove_folder(path)
            raise
        return cls(path, lock, watchdog)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        run_as: str | int | None = None,
        log: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> ManagedProcess:
        """Start a command in a session of its own, with exactly this environment and no input.

        Its output is appended to `log` (by default `logs/<name>.log` in this folder, which only its owner can read).
        It is recorded before it runs. `close` and the watchdog use `stop_signal` to end it. A command that cannot be
        started ends with code 127, with the reason in the log.
        """
        with self._changing:
            if self._closed:
                raise RuntimeError(f"{name} cannot start: the run folder is closed")
            log = log or self.path / "logs" / f"{name}.log"
            process = ManagedProcess.launch(name, cwd=cwd, log=log, stop_signal=stop_signal)
            try:
                self._processes.append(process)
                with (self.path / "processes").open("a", encoding="utf-8") as records:
                    records.write(process.record.to_line())
                process.begin(command, env=env, run_as=run_as)
            except BaseException:
                process.stop(0)  # It would wait for its orders forever
                raise
            return process

    def own_folder(self, kind: str, name: str) -> Path:
        """The folder `name` among those of a kind, created; only the user of builds and tasks can enter it."""
        folder = self.enterable(kind) / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.user is not None:
            os.lchown(folder, self.user, self.user)
        return folder

    def enterable(self, name: str) -> Path:
        """A folder in this one, created, that other users can enter but not list, whatever the person's umask."""
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        return folder

    def within_reach(self, tree: Path) -> Path:
        """A folder of tools where builds and tasks can read it: where it is, or as a copy in here, made once."""
        if self.user is None or is_open_to_all(tree / "x"):
            return tree
        with self._changing:
            copy = self.enterable("tools") / f"{tree.name}-{hashlib.sha256(bytes(tree)).hexdigest()[:8]}"
            if not copy.exists():
                link_tree(tree, copy.with_name(f"{copy.name}.new"))
                copy.with_name(f"{copy.name}.new").rename(copy)
        return copy

    def close(self, grace: float = _CLOSE_GRACE_SECONDS) -> None:
        """End every process (killed after `grace` seconds), remove the folder, end the watchdog.

        Can be called again, also after an interruption, and from any thread.
        """
        with self._changing:
            if self._closed:
                return
            end_all([process.record for process in self._processes], grace)
            for process in self._processes:
                process.poll()  # No zombie stays
            remove_containers(self.path)
            remove_folder(self.path)
            pipe = self._watchdog.stdin
            assert pipe is not None  # noqa: S101  # create asks for the pipe
            with contextlib.suppress(BrokenPipeError, ValueError), pipe:  # Killed, or closed by an interrupted close
                pipe.write(GOODBYE)
            # Not `wait`: it would deadlock when a signal handler calls this during it.
            deadline = time.monotonic() + _CLOSE_GRACE_SECONDS
            while self._watchdog.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            self._lock.close()
            self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def check_parent() -> None:
    """Refuse a temporary folder in which nothing could run, before there is anything in it.

    Raises UserError when its path leaves no room for a socket, or the user of root's builds and tasks cannot enter it.
    """
    parent = Path(tempfile.gettempdir()).resolve()
    if len(os.fsencode(parent / f"{_PREFIX}12345678" / SOCKET)) > _LONGEST_SOCKET:
        raise UserError(
            f"the path of the temporary folder {parent} is too long for the sockets of a rehearsal",
            "run `export TMPDIR=/tmp`, then try again",
        )
    if os.geteuid() == 0 and not is_open_to_all(parent / _PREFIX):
        raise UserError(
            f"the folder {parent} is closed to other users, and root's builds and tasks run as another",
            "set TMPDIR to a folder that every user can enter: `TMPDIR=/tmp make rehearse`",
        )


def check_programs_start() -> None:
    """Refuse a temporary folder in which no program can be started, for builds and tasks without containers.

    Raises UserError when it is mounted with `noexec`, as on hardened servers.
    """
    parent = Path(tempfile.gettempdir()).resolve()
    if os.statvfs(parent).f_flag & getattr(os, "ST_NOEXEC", 0):  # Linux says it, macOS does not
        make, ours = ("mkdir -p -m 1777", "/srv/tmp") if os.geteuid() == 0 else ("mkdir -p", "~/tmp")
        raise UserError(
            f"the temporary folder {parent} is mounted with noexec, so no build or task can start a program in it",
            f"run `{make} {ours} && export TMPDIR={ours}`, then try again",
        )


def sweep(parent: Path | None = None) -> list[Path]:
    """Remove and return the folders of rehearsals killed with their watchdog; not those in use or of another user."""
    removed: list[Path] = []
    for folder in sorted(Path(parent or tempfile.gettempdir()).resolve().glob(f"{_PREFIX}*")):
        with contextlib.suppress(OSError):  # Another sweep was faster
            status = folder.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and _sweep_one(folder, status.st_mtime):
                removed.append(folder)
    return removed


def _sweep_one(folder: Path, changed: float) -> bool:
    try:
        lock = (folder / "lock").open("rb")
    except FileNotFoundError:
        # Being created just now, or, if it is old, its creator died before it could start anything.
        if time.time() - changed < _UNLOCKED_SECONDS:
            return False
        remove_folder(folder)
        return True
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if (folder / "processes").stat().st_mtime < psutil.boot_time():
            remove_containers(folder)
            remove_folder(folder)  # No process survived the restart, but others have their numbers now
        else:
            clean_up(folder)
        return True


def _new_lock(folder: Path) -> IO[bytes]:
    # Locked before it gets its name, so that `sweep` never sees the lock of a folder in use unlocked.
    (folder / "lock.new").touch(mode=0o600, exist_ok=False)  # Nobody else can take it
    lock = (folder / "lock.new").open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "lock.new").rename(folder / "lock")
    return lock
