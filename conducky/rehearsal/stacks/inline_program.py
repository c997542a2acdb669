"""A layer's program as the engine runs it inside this process, ended even where the SDK loses it."""

import asyncio
import contextlib
import inspect
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

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
    _closes_it: FrameType | None = field(default=None, init=False)

    def __call__(self) -> None:
        """Run the program in the event loop that the SDK created for it."""
        self._loop, self._closes_it = asyncio.get_running_loop(), _caller_in_the_sdk()
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
        while (at_work := loop.is_running() or self._is_closing()) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._closes_it = None
        if at_work or loop.is_closed():
            return
        with contextlib.suppress(RuntimeError):  # The SDK stops the loop where a task ends with an error of gRPC
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(_finished(tasks))
            loop.close()

    def _is_closing(self) -> bool:
        """Whether the SDK's function that created the loop, and closes it at its end, has not returned.

        Between the end of the program and of that function the loop does not run, and is about to be closed.
        """
        try:
            if self._closes_it:
                self._closes_it.clear()  # Python refuses that while a function is executed
        except RuntimeError:
            return True
        return False


def _caller_in_the_sdk() -> FrameType | None:
    frame = inspect.currentframe()
    while frame and frame.f_code.co_filename != _SDK:
        frame = frame.f_back
    return frame


async def _finished(tasks: set[asyncio.Task[object]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
