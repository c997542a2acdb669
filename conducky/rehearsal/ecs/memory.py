"""Ends tasks that use more memory than they have, as the kernel does on Fargate."""

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from conducky.rehearsal.ecs.task import Task

_INTERVAL = 1.0  # Seconds; each look goes through every process of the computer
_MIB = 1024 * 1024


@dataclass
class MemoryWatch:
    """Checks the tasks' memory now and then."""

    _next: float = 0.0

    def enforce(self, tasks: Iterable[Task]) -> None:
        """Kill each task whose processes together hold more than its memory; does nothing within a second."""
        if time.monotonic() < self._next:
            return
        limited = {task.process.pid: task for task in tasks if task.memory and task.ended() is None}
        used = _used(set(limited)) if limited else {}
        for pid, held in used.items():
            task = limited[pid]
            if task.memory and held > task.memory * _MIB:
                task.kill_for_memory(held / _MIB)
        self._next = time.monotonic() + _INTERVAL


def _used(sessions: set[int]) -> dict[int, int]:
    """Bytes by session; what several processes share counts once where the system tells it."""
    held: dict[int, int] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            session = os.getsid(process.pid)
            if session in sessions:
                # `rss` counts a page that two processes share twice, and so never too little.
                full = process.memory_full_info()
                held[session] = held.get(session, 0) + int(getattr(full, "pss", full.uss))
    return held
