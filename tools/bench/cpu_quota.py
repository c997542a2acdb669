"""What Fargate gives a task: a share of one processor and so much memory, for the processes of a cgroup."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PERIOD_US = 100_000
_MEMORY_MB = 512
_PREFIX = "conducky-bench-"
_PROBE = "import time; end = time.monotonic() + 1\nwhile time.monotonic() < end: pass\nprint(time.process_time())"
_TOLERANCE = 1.3
# Enters the groups, which may need root, before it becomes the command: nothing of the command runs outside them.
_ENTER = """
import os, sys
import warnings  # execvp needs it, and the new user may be unable to read this interpreter's library
folders, user, command = sys.argv[1].split(":"), sys.argv[2], sys.argv[3:]
try:
    for folder in folders:
        with open(f"{folder}/cgroup.procs", "w") as file:
            file.write(str(os.getpid()))
except OSError as error:
    sys.exit(f"{error.filename}: {error.strerror}")
if user:
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
os.execvp(command[0], command)
"""


class NoQuotaError(Exception):
    """Nobody can set a quota on this computer, and why."""


@dataclass(frozen=True)
class CpuQuota:
    """A cgroup whose processes together get so many processors; with version 1, one for each controller."""

    folders: tuple[Path, ...]

    def around(self, command: Sequence[str], user: int | None = None) -> list[str]:
        """The command that joins the group, becomes the user of this id if one is given, and then `command`."""
        groups = ":".join(map(str, self.folders))
        return [sys.executable, "-I", "-S", "-c", _ENTER, groups, "" if user is None else str(user), *command]

    def cpu_seconds(self) -> float:
        """Processor time that its processes have used so far, those that ended included."""
        for folder in self.folders:
            if (folder / "cpuacct.usage").is_file():
                return int((folder / "cpuacct.usage").read_text()) / 1e9
        lines = (self.folders[0] / "cpu.stat").read_text().splitlines()
        return int(dict(line.split() for line in lines)["usage_usec"]) / 1e6

    @classmethod
    def make(cls, name: str, cores: float, root: Path = Path("/sys/fs/cgroup")) -> Self:
        """A new group of this name with a quota of `cores`, and a small task's memory where that can be limited.

        Raises:
            NoQuotaError: no cgroup can be created here that limits processors and counts their time.
        """
        quota, memory = str(int(cores * _PERIOD_US)), f"{_MEMORY_MB * 2**20}"
        folder = root / f"{_PREFIX}{name}"
        if (root / "cgroup.controllers").is_file():
            controllers = (root / "cgroup.subtree_control").read_text().split()
            if "cpu" not in controllers:
                raise NoQuotaError(f"{root}/cgroup.subtree_control does not hand the cpu controller down")
            settings = {folder / "cpu.max": f"{quota} {_PERIOD_US}"}
            if "memory" in controllers:
                settings[folder / "memory.max"] = memory
        elif (root / "cpu" / "cpu.cfs_quota_us").is_file():
            if not (root / "cpuacct" / "cpuacct.usage").is_file():
                raise NoQuotaError(f"{root} has no cpuacct controller, which counts processor time")
            cpu, accounting = (root / controller / folder.name for controller in ("cpu", "cpuacct"))
            settings = {cpu / "cpu.cfs_period_us": str(_PERIOD_US), cpu / "cpu.cfs_quota_us": quota}
            settings[accounting / "cgroup.procs"] = ""
            if (root / "memory" / "memory.limit_in_bytes").is_file():
                settings[root / "memory" / folder.name / "memory.limit_in_bytes"] = memory
        else:
            raise NoQuotaError(f"{root} offers no cpu controller")
        group = cls(tuple(dict.fromkeys(file.parent for file in settings)))
        group._set(settings)
        return group

    def _set(self, settings: dict[Path, str]) -> None:
        for folder in self.folders:
            for old in folder.parent.glob(f"{_PREFIX}*"):  # of a bench that was killed
                with contextlib.suppress(OSError):  # one that still runs
                    old.rmdir()
        try:
            self.folders[0].mkdir()
            for file, value in settings.items():
                file.parent.mkdir(exist_ok=True)
                if value:
                    file.write_text(value)
        except OSError as error:
            self.remove()
            raise NoQuotaError(f"no cgroup can be made in {self.folders[0].parent} ({error.strerror})") from None

    def remove(self) -> None:
        """Remove the group, whose processes have ended."""
        for folder in self.folders:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                if not folder.is_dir():
                    break
                time.sleep(0.05)


@contextmanager
def cpu_quota(name: str, cores: float) -> Generator[CpuQuota]:
    """A group with a quota that was seen to limit, removed afterwards.

    Raises:
        NoQuotaError: there is none here.
    """
    quota = CpuQuota.make(name, cores)
    try:
        used = _used_in_a_second(quota)
        if used > cores * _TOLERANCE:
            raise NoQuotaError(f"a quota of {cores} set in {quota.folders[0].parent} let a process use {used:.2f}")
        yield quota
    finally:
        quota.remove()


def _used_in_a_second(quota: CpuQuota) -> float:
    python = shutil.which("python3") or "python3"
    probe = subprocess.run(
        quota.around([python, "-I", "-S", "-c", _PROBE]), capture_output=True, text=True, check=False
    )
    if probe.returncode != 0:
        raise NoQuotaError(f"no process can be put into {quota.folders[0]} ({probe.stderr.strip()})")
    return float(probe.stdout)
