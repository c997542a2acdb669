import asyncio
import gc
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.rehearsal.stacks.inline_program import InlineProgram


@pytest.fixture
def program(tmp_path: Path) -> InlineProgram:
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "__main__.py").write_text("")
    return InlineProgram("platform", tmp_path)


def in_a_thread_of_its_own(work: Callable[[asyncio.AbstractEventLoop], None]) -> asyncio.AbstractEventLoop:
    """As the SDK does it; gives the loop when the thread has ended."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=work, args=(loop,))
    thread.start()
    thread.join()
    return loop


def test_what_waits_for_an_engine_that_is_gone_is_cancelled(program: InlineProgram) -> None:
    ended: list[str] = []

    async def run(stop: Callable[[], None]) -> None:
        program()
        stop()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # only possible where a loop runs
            ended.append("cleaned up")

    def abandon(loop: asyncio.AbstractEventLoop) -> None:
        with pytest.raises(RuntimeError, match="stopped before"):
            loop.run_until_complete(run(loop.stop))

    loop = in_a_thread_of_its_own(abandon)
    program.end()

    assert ended == ["cleaned up"]
    assert loop.is_closed()
    gc.collect()  # leaves nothing that pytest would have to warn of


def test_a_program_that_ended_by_itself_is_left_alone(program: InlineProgram) -> None:
    async def run() -> None:
        program()

    def complete(loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(run())
        loop.close()

    loop = in_a_thread_of_its_own(complete)
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon(print)

    program.end()  # would raise the same, did it touch the loop
    program.end()


def test_a_program_that_never_ran_has_nothing_to_end_and_can_run_later(program: InlineProgram, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "platform" / "__main__.py").write_text(f"open({str(ran)!r}, 'w').close()")

    async def run() -> None:
        program()

    program.end()
    assert not ran.exists()
    loop = in_a_thread_of_its_own(lambda loop: loop.run_until_complete(run()))
    assert ran.exists()

    program.end()
    assert loop.is_closed(), "and is ended then"
