"""What tests of several packages share."""

import time
from collections.abc import Callable

import psutil
import pytest

import tests.fakes.aws_descriptions  # noqa: F401  # pyright: ignore[reportUnusedImport]  # for what it does


def _is_gone(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        deadline = time.monotonic() + 5  # a killed process ends soon, not at once
        while process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    except psutil.NoSuchProcess:
        pass
    return True


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Whether a process that should have been stopped has ended (a zombie has)."""
    return _is_gone
