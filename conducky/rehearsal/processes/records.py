"""How any process can end those of a rehearsal. Few imports, so that the watchdog starts quickly."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self, cast

import psutil

# Two readings of the same start time differ by up to a second on Linux (the boot time there is in whole seconds).
_SAME_START_SECONDS = 2.0


@dataclass(frozen=True)
class Record:
    """What has to be known about a process to end it later, from any process, without ending another."""

    name: str
    pid: int
    started: float
    stop_signal: int
    log: str

    @classmethod
    def of(cls, pid: int, *, name: str, log: Path, stop_signal: signal.Signals) -> Self:
        """The record of a child that was just started."""
        return cls(name, pid, _started(psutil.Process(pid)), int(stop_signal), str(log.resolve()))

    @property
    def started_at(self) -> float:
        """Seconds since 1970."""
        return self.started + _booted()

    def to_line(self) -> str:
        """One line of the run folder's list of processes."""
        return json.dumps(asdict(self)) + "\n"

    def is_same(self, process: psutil.Process) -> bool:
        """Whether this process is the recorded one and not a later one with its number."""
        return process.pid == self.pid and abs(_started(process) - self.started) < _SAME_START_SECONDS


def read_records(file: Path) -> list[Record]:
    """All recorded processes; lines that a dying owner did not finish, and a missing file, are ignored."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    records: list[Record] = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            records.append(Record(**cast("dict[str, object]", json.loads(line))))  # pyright: ignore[reportArgumentType]  # what to_line wrote
    return records


def end(records: Sequence[Record], grace: float, known: Iterable[psutil.Process] = ()) -> None:
    """End these processes and everything that they started, including what is `known` to be theirs.

    Each one's whole group gets its stop signal; what still runs after `grace` seconds is killed. Returns when none is
    left.
    """
    members = family(records) | set(known)
    sessions = {_session(process.pid) for process in members}
    for record in records:
        if record.pid in sessions:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(record.pid, record.stop_signal)
    deadline = time.monotonic() + grace
    while any(map(_is_running, members)) and time.monotonic() < deadline:
        time.sleep(0.05)
        members |= family(records)
    _kill(members, lambda: family(records))


def end_all(records: Sequence[Record], grace: float) -> None:
    """As `end`, for all processes of a run folder; also finds a daemon, by the log that it still writes."""
    if not records:
        return  # To go through all processes of a computer takes a while
    end(records, grace)
    logs = {record.log for record in records}
    _kill(set(), lambda: _writers(logs))


def _kill(processes: set[psutil.Process], find_more: Callable[[], set[psutil.Process]]) -> None:
    give_up = time.monotonic() + 10  # Do not wait forever for a process that is stuck in the kernel
    while time.monotonic() < give_up:
        processes |= find_more()
        running = [process for process in processes if _is_running(process)]
        if not running:
            return
        for process in running:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.02)


def _writers(logs: set[str]) -> set[psutil.Process]:
    """The processes whose output goes to one of these files."""
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # Another user's
            if any(file.fd in (1, 2) and file.path in logs for file in process.open_files()):
                found.add(process)
    return found


def family(records: Sequence[Record]) -> set[psutil.Process]:
    """The running processes of these records: each one's session, and all descendants in sessions of their own."""
    everyone = {process.pid: process for process in psutil.process_iter(["ppid"])}
    sessions: dict[int, Record] = {}
    for record in records:
        leader = everyone.get(record.pid)
        with contextlib.suppress(psutil.Error):
            if leader is None or record.is_same(leader):
                sessions[record.pid] = record
    children: dict[int, list[psutil.Process]] = {}
    members: list[psutil.Process] = []
    for process in everyone.values():
        children.setdefault(cast("int", process.info["ppid"]), []).append(process)
        record = sessions.get(_session(process.pid))
        with contextlib.suppress(psutil.Error):
            if record and _started(process) >= record.started - _SAME_START_SECONDS:
                members.append(process)
    family: set[psutil.Process] = set()
    while members:
        process = members.pop()
        if process not in family:
            family.add(process)
            members += children.get(process.pid, [])
    return family


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _is_running(process: psutil.Process) -> bool:
    # A zombie no longer runs; it stays forever where process 1 of a container reaps nothing.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _started(process: psutil.Process) -> float:
    # On Linux both the start time and the boot time move with the clock; their difference does not.
    return process.create_time() - _booted()


def _booted() -> float:
    return psutil.boot_time() if psutil.LINUX else 0.0
