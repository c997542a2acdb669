"""The built applications as local processes, with a container's environment and nothing else."""

import hashlib
import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psutil

from conducky.cache import cache_folder
from conducky.images.context import context_digest
from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.ecs.task_environment import LocalAddresses, listen_module, translate
from conducky.rehearsal.images.build import build_image
from conducky.rehearsal.images.node import node_for
from conducky.rehearsal.images.prisma_engine import engine_for
from conducky.rehearsal.images.run_step import home_of
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.images.task_copy import task_copy
from conducky.rehearsal.processes.managed_process import ManagedProcess
from conducky.rehearsal.processes.ports import free_port, release_port
from conducky.rehearsal.processes.records import family
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.repository import ROOT
from tools.bench.cpu_quota import CpuQuota

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_SETTLE_SECONDS = 2.0
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Application:
    """A running application: where it answers; seconds, of the clock and of a processor, from its start to healthy."""

    url: str
    process: ManagedProcess
    quota: CpuQuota | None
    used_before: float
    seconds: float = 0.0
    start_cpu: float = 0.0

    def cpu_seconds(self) -> float:
        """Processor time used so far, by the group's own count; without a group the sum of its processes."""
        if self.quota:
            return self.quota.cpu_seconds() - self.used_before
        return sum(map(_cpu_seconds, family([self.process.record])))

    def resident_mb(self) -> float:
        """Resident memory of its process tree at rest, in MB."""
        time.sleep(_SETTLE_SECONDS)
        return sum(_resident(process) for process in family([self.process.record])) / 1_000_000


def build(name: str, progress: Callable[[str], None], dockerfile: Path | None = None) -> BuiltImage:
    """The image of an application as the rehearsal builds it, or as it was built before."""
    context = ROOT / name
    digest = context_digest(context)
    if dockerfile:
        digest = hashlib.sha256(digest.encode() + dockerfile.read_bytes()).hexdigest()
    engine = engine_for(context, ROOT, progress)
    with RunFolder.create() as folder:
        tools: dict[str, str] = {}
        if engine:
            tools["PRISMA_SCHEMA_ENGINE_BINARY"] = str(folder.within_reach(engine.parent) / engine.name)
        return build_image(
            context,
            dockerfile or context / "Dockerfile",
            folder=folder,
            build_args={},
            environment=tools,
            cache=cache_folder() / "images",
            digest=f"sha256:{digest}",
            log=cache_folder() / "logs" / f"bench-{name}.log",
            progress=progress,
        )


@contextmanager
def running(  # noqa: PLR0913 - all but two keyword-only
    name: str,
    image: BuiltImage,
    variables: Mapping[str, str],
    *,
    folder: RunFolder,
    authority: CertificateAuthority,
    quota: CpuQuota | None,
    command: Sequence[str] = (),
    health: str = "/health",
) -> Generator[Application]:
    """Start the image's command, or another one, wait until `health` answers 200, and stop it at the end.

    Raises:
        RuntimeError: it ended, or was not healthy in two minutes; with the last lines of its log.
    """
    port = free_port()
    own = folder.own_folder("tasks", f"{name}-{port}")
    image = task_copy(image, own / "root", image.user, folder.user)
    engine = engine_for(image.path(image.workdir), ROOT, _say_nothing)
    local = LocalAddresses(
        image=image,
        ports=dict.fromkeys(image.exposed, port),
        databases={},
        balancers={},
        certificates=authority.bundle,
        prisma_engine=folder.within_reach(engine.parent) / engine.name if engine else None,
        home=image.path(home_of(image.user)),
        path=f"{node_for(folder)}{os.pathsep}{_SYSTEM_PATH}",
        preloaded=listen_module(own, dict.fromkeys(image.exposed, port)),
    )
    command = command or [*image.entrypoint, *image.command]
    used_before = quota.cpu_seconds() if quota else 0.0
    begin = time.monotonic()
    process = folder.start(
        f"{name}-{port}",
        quota.around(command, folder.user) if quota else command,
        env=translate({**image.environment, **variables}, local),
        cwd=Path(image.path(image.workdir)),
        run_as=None if quota else folder.user,  # Only root may join the group
    )
    application = Application(f"http://127.0.0.1:{port}", process, quota, used_before)
    try:
        _wait_until_healthy(process, f"{application.url}{health}")
        yield replace(application, seconds=time.monotonic() - begin, start_cpu=application.cpu_seconds())
    finally:
        process.stop(_STOP_SECONDS)
        release_port(port)


def _wait_until_healthy(process: ManagedProcess, url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(timeout=5.0) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"{process.name} ended with code {process.poll()}: {process.tail(5)}")
            try:
                if client.get(url).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    raise RuntimeError(f"{process.name} was not healthy in {_START_SECONDS:.0f} s: {process.tail(5)}")


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system


def _say_nothing(_line: str) -> None:
    return None
