"""A layer's program as the engine runs it inside this process, ended even where the SDK loses it."""

import asyncio
import contextlib
import inspect
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from pulumi.automation._server import LanguageServer  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]

from conducky.repository import run_program

# By default, all channels to one address share a connection and its wait before the next attempt. An engine that got
# the port of one that is gone would then be taken for unreachable.
_GRPC_CHANNEL_OPTIONS.append(("grpc.use_local_subchannel_pool", 1))
_SECONDS = 5.0  # The SDK's thread needs milliseconds to notice that the engine is gone
_SDK = inspect.getfile(LanguageServer)  # which creates the loop, and closes it


@dataclass
class InlineProgram:
    """Calling it runs the program; `end` afterwards, once the engine has ended."""

    layer: str
    root: Path
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _thread: int = field(default=0, init=False)

    def __call__(self) -> None:
        """Run the program in the event loop that the SDK created for it."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
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
        while (at_work := self._is_at_work()) and time.monotonic() < deadline:
            time.sleep(0.01)
        if at_work or loop.is_running() or loop.is_closed():
            return
        with contextlib.suppress(RuntimeError):  # of a task that does not let itself be cancelled
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(_finished(tasks))
            loop.close()

    def _is_at_work(self) -> bool:
        """Whether the SDK's thread is still in the function of the SDK that created the loop, and closes it at its end.

        Between the end of the program and of that function the loop does not run, and is about to be closed.
        """
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        while frame and frame.f_code.co_filename != _SDK:
            frame = frame.f_back
        return frame is not None


async def _finished(tasks: set[asyncio.Task[object]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
