"""How much of their CPU and memory the tasks of a service use."""

import contextlib
from collections.abc import Callable

import psutil

from conducky.rehearsal.account import Account
from conducky.rehearsal.cloudwatch.resource import MINUTE
from conducky.rehearsal.ecs.service import RunningService, task_definition

_MIB = 1024 * 1024


class Usage:
    """Percent of what the task definition gives. The CPU's share is since the last time that this was asked."""

    def __init__(self, account: Account, clock: Callable[[], float]) -> None:
        self._account, self._clock = account, clock
        self._used: dict[str, tuple[float, float]] = {}

    def cpu(self, service: RunningService) -> float:
        """The average of all tasks."""
        vcpus = float(task_definition(self._account, service.inputs)["cpu"]) / 1024
        shares = list[float]()
        for task in list(service.tasks):
            now, used = self._clock(), _cpu_seconds(task.process.pid)
            before, used_before = self._used.get(task.name, (now, used))
            self._used[task.name] = now, used
            shares.append(100 * (used - used_before) / vcpus / max(now - before, MINUTE / 2))
        return sum(shares) / max(len(shares), 1)

    def memory(self, service: RunningService) -> float:
        """Of the fullest task."""
        mib = float(task_definition(self._account, service.inputs)["memory"])
        return max((100 * _bytes(task.process.pid) / _MIB / mib for task in list(service.tasks)), default=0.0)


def _cpu_seconds(pid: int) -> float:
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for each in _family(pid):
            times = each.cpu_times()
            total += times.user + times.system
    return total


def _bytes(pid: int) -> int:
    """What the processes hold alone: what they share would count twice."""
    total = 0
    for each in _family(pid):
        with contextlib.suppress(psutil.Error):
            total += each.memory_full_info().uss
    return total


def _family(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []
