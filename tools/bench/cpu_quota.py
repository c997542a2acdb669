"""A share of one processor for some processes, as Fargate gives a task: a cgroup of their own, version 2 or 1."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PERIOD_US = 100_000
_PREFIX = "conducky-bench-"
_PROBE = "import time; end = time.monotonic() + 1\nwhile time.monotonic() < end: pass\nprint(time.process_time())"
_TOLERANCE = 1.3
# Enters the group before it becomes the command, so that nothing of the command runs outside it.
_ENTER = 'echo $$ >"$0" && exec "$@"'


class NoQuotaError(Exception):
    """Nobody can set a quota on this computer, and why."""


@dataclass(frozen=True)
class CpuQuota:
    """A cgroup whose processes together get so many processors."""

    folder: Path

    def around(self, command: Sequence[str]) -> list[str]:
        """The command that joins the group and then becomes `command`."""
        return ["/bin/sh", "-c", _ENTER, str(self.folder / "cgroup.procs"), *command]

    @classmethod
    def make(cls, name: str, cores: float, root: Path = Path("/sys/fs/cgroup")) -> Self:
        """A new group of this name with a quota of `cores`.

        Raises:
            NoQuotaError: no cgroup can be created here that limits processors.
        """
        quota = int(cores * _PERIOD_US)
        if (root / "cgroup.controllers").is_file():
            if "cpu" not in (root / "cgroup.subtree_control").read_text().split():
                raise NoQuotaError(f"{root}/cgroup.subtree_control does not hand the cpu controller down")
            parent, settings = root, {"cpu.max": f"{quota} {_PERIOD_US}"}
        elif (root / "cpu" / "cpu.cfs_quota_us").is_file():
            parent, settings = root / "cpu", {"cpu.cfs_period_us": str(_PERIOD_US), "cpu.cfs_quota_us": str(quota)}
        else:
            raise NoQuotaError(f"{root} offers no cpu controller")
        for old in parent.glob(f"{_PREFIX}*"):  # of a bench that was killed
            with contextlib.suppress(OSError):  # one that still runs
                old.rmdir()
        folder = parent / f"{_PREFIX}{name}"
        try:
            folder.mkdir()
            for file, value in settings.items():
                (folder / file).write_text(value)
        except OSError as error:
            raise NoQuotaError(f"no cgroup can be made in {parent} ({error.strerror})") from None
        return cls(folder)

    def remove(self) -> None:
        """Remove the group, whose processes have ended."""
        for _ in range(100):
            with contextlib.suppress(OSError):
                self.folder.rmdir()
            if not self.folder.exists():
                return
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
            raise NoQuotaError(f"a quota of {cores} set in {quota.folder.parent} let a process use {used:.2f}")
        yield quota
    finally:
        quota.remove()


def _used_in_a_second(quota: CpuQuota) -> float:
    python = shutil.which("python3") or "python3"
    probe = subprocess.run(
        quota.around([python, "-I", "-S", "-c", _PROBE]), capture_output=True, text=True, check=False
    )
    if probe.returncode != 0:
        raise NoQuotaError(f"no process can be put into {quota.folder} ({probe.stderr.strip()})")
    return float(probe.stdout)
