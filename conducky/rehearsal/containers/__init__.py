"""Docker or Podman, where one answers: it builds the real Dockerfiles and runs the real images."""

from conducky.rehearsal.containers.engine import BaseImageError, ContainerEngine, Runtime, find_engine
from conducky.rehearsal.containers.network import TaskNetwork
from conducky.rehearsal.containers.run import ContainerRun

__all__ = [
    "BaseImageError",
    "ContainerEngine",
    "ContainerRun",
    "Runtime",
    "TaskNetwork",
    "find_engine",
]
