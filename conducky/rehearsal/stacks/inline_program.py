"""A layer's program as the engine runs it inside this process, ended even where the SDK loses it."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path

from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]

from conducky.repository import run_program

# By default, all channels to one address share a connection and its wait before the next attempt. An engine that got
# the port of one that is gone would then be taken for unreachable.
_GRPC_CHANNEL_OPTIONS.append(("grpc.use_local_subchannel_pool", 1))
_SECONDS = 5.0  # The SDK's thread needs milliseconds to notice that the engine is gone


@dataclass
class InlineProgram:
    """Calling it runs the program; `end` afterwards, once the engine has ended."""

    layer: str
    root: Path
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Run the program in the event loop that the SDK created for it."""
        self._loop = asyncio.get_running_loop()
        run_program(self.layer, self.root)

    def end(self) -> None:
        """Cancel what still waits for an engine that is gone.

        When the engine fails, the SDK's own clean-up stops at its first message to it. What it leaves would be
        collected at some later moment: that prints a traceback, and on Python 3.11 it breaks a compilation that is
        running at that moment (https://github.com/python/cpython/issues/106905).
        """
        loop, self._loop = self._loop, None
        if loop is None:
            return
        deadline = time.monotonic() + _SECONDS
        while loop.is_running() and time.monotonic() < deadline:
            time.sleep(0.01)
        if loop.is_running() or loop.is_closed():
            return
        # An error here means that the SDK's thread came back to it at the same moment, and does the same.
        with contextlib.suppress(RuntimeError):
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(_finished(tasks))
            loop.close()


async def _finished(tasks: set[asyncio.Task[object]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
