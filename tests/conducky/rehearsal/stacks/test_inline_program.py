import asyncio
import gc
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

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
    gc.freeze()  # what other tests left is not looked at
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


def test_a_loop_that_the_sdk_is_about_to_close_is_left_to_it(program: InlineProgram) -> None:
    closing, may_close = threading.Event(), threading.Event()

    class Loop(asyncio.SelectorEventLoop):
        closed_by: ClassVar[list[int]] = []

        def close(self) -> None:
            self.closed_by.append(threading.get_ident())
            super().close()

    async def run() -> None:
        program()

    def last_steps() -> None:
        closing.set()
        may_close.wait(10)

    loop = Loop()
    source = "def run(loop, program, last_steps):\n loop.run_until_complete(program)\n last_steps()\n loop.close()\n"
    names: dict[str, Callable[..., None]] = {}
    exec(compile(source, inspect.getfile(LanguageServer), "exec"), names)  # noqa: S102  # looks as the SDK's own
    thread = threading.Thread(target=names["run"], args=(loop, run(), last_steps))
    thread.start()
    assert closing.wait(10)
    threading.Timer(0.1, may_close.set).start()
    program.end()
    thread.join()
    assert loop.closed_by == [thread.ident]


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


class Engine(engine_pb2_grpc.EngineServicer):
    def Log(self, request: object, context: object) -> empty_pb2.Empty:  # noqa: N802  # gRPC's names
        return empty_pb2.Empty()


def an_engine(port: int) -> tuple[grpc.Server, int]:
    server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.so_reuseport", 0)])
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def test_an_engine_answers_on_the_port_of_one_that_is_gone() -> None:
    def log() -> empty_pb2.Empty:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_GRPC_CHANNEL_OPTIONS)
        channels.append(channel)  # The SDK keeps them open too
        return engine_pb2_grpc.EngineStub(channel).Log(engine_pb2.LogRequest())  # pyright: ignore[reportUnknownMemberType]

    channels: list[grpc.Channel] = []
    first, port = an_engine(0)
    first.stop(0).wait()
    for _ in range(2):
        with pytest.raises(grpc.RpcError):
            log()
    second, again = an_engine(port)
    assert again == port
    assert log() == empty_pb2.Empty()
    second.stop(0)
