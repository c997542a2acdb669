"""Whether a real container can run on this computer at all, with the limits that the rehearsal gives it."""

import functools
import os
import shutil
import subprocess

import pytest

from conducky.rehearsal.containers import ContainerEngine, find_engine
from conducky.rehearsal.containers.engine import EngineName, ulimits
from conducky.subprocesses import last_line

_NETWORK = f"conducky-tests-proof-{os.getpid()}"


@functools.cache
def _problem(engine: EngineName, image: str) -> str:
    """What the engine says of a container in a network of its own; blank where it runs."""
    run = [engine, "run", "--rm", "--network", _NETWORK, "--memory", "64m", *ulimits(engine), "--entrypoint", ""]
    try:
        for command in ([engine, "network", "create", _NETWORK], [*run, image, "sh", "-c", "true"]):
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            if done.returncode:
                return last_line(done.stderr or done.stdout)
    finally:
        subprocess.run([engine, "network", "rm", "--force", _NETWORK], capture_output=True, check=False)
    return ""


def require_containers(engine: EngineName, image: str) -> None:
    """Skip the test, and say why, where the engine answers and runs nothing: a sandbox may forbid it."""
    if problem := _problem(engine, image):
        pytest.skip(f"{engine} answers, but runs no container here: {problem}")


@pytest.fixture(scope="session")
def container_engine() -> ContainerEngine:
    """The engine of this computer; without one the test is skipped."""
    engine = find_engine("auto")
    if engine is None:
        pytest.skip("no engine answers: run `make container-engine`")
    return engine


@pytest.fixture(scope="session")
def podman(container_engine: ContainerEngine) -> None:
    """Podman, whether Docker answers or not; without it the test is skipped."""
    if container_engine.name != "podman" and shutil.which("podman") is None:
        pytest.skip("there is no Podman: run `make container-engine`")
