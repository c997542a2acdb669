"""The provider runs what it is asked to run: it answers the engine and nobody else on the computer."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import psutil
import pytest

from conducky.rehearsal.account import Account
from conducky.rehearsal.callers import Processes
from conducky.rehearsal.handlers import StandIns
from conducky.rehearsal.provider import Provider, serve

pytestmark = pytest.mark.engine

NOBODY = 65534
FOLDER = Path(__file__).parents[3]

# Creates an image whose build would run a command, as a process of its own; prints the status of the answer.
CALL = """
import os, sys, grpc
from pulumi.runtime.proto import provider_pb2 as pb, provider_pb2_grpc as rpc
os.setuid(int(sys.argv[2]))  # Only now: another user may be unable to read this interpreter's library
stub = rpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}"))
calls = {
    "Configure": pb.ConfigureRequest(), "GetPluginInfo": None, "Create": pb.CreateRequest(
        urn="urn:pulumi:dev::conducky-services::random:index/randomPassword:RandomPassword::x",
        type="random:index/randomPassword:RandomPassword", name="x"),
}
from google.protobuf import empty_pb2
for name, request in calls.items():
    try:
        getattr(stub, name)(request if request is not None else empty_pb2.Empty())
        print(name, "OK")
    except grpc.RpcError as error:
        print(name, error.code().name)
"""


@pytest.fixture
def callers() -> list[psutil.Process]:
    """The processes that may call; a test fills it."""
    return []


@pytest.fixture
def port(account: Account, callers: list[psutil.Process]) -> Iterator[int]:
    with serving(account, lambda: list(callers)) as port:  # read at each call
        yield port


@contextmanager
def serving(account: Account, allowed: Processes) -> Generator[int]:
    server, port = serve(Provider(account, StandIns(account, 18080).handlers()), allowed)
    try:
        yield port
    finally:
        server.stop(0).wait()


def call(port: int, user: int = os.geteuid(), process: list[psutil.Process] | None = None) -> dict[str, str]:
    """The status of each method for a new process, which `process` learns before it calls."""
    script = f"sys_stdin = __import__('sys').stdin.readline()\n{CALL}"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(port), str(user)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"},
    ) as child:
        if process is not None:
            process.append(psutil.Process(child.pid))
        output, _ = child.communicate("go\n", timeout=60)
    return dict(line.split() for line in output.splitlines())


def test_the_engine_is_answered_and_another_process_is_not(port: int, callers: list[psutil.Process]) -> None:
    assert call(port, process=callers) == {"Configure": "OK", "GetPluginInfo": "OK", "Create": "OK"}
    assert set(call(port).values()) == {"PERMISSION_DENIED"}


def test_one_listing_that_leaves_the_engine_out_refuses_nothing(account: Account) -> None:
    engine: list[psutil.Process] = []
    listings = iter([list[psutil.Process]()])
    with serving(account, lambda: next(listings, engine)) as port:
        assert call(port, process=engine) == {"Configure": "OK", "GetPluginInfo": "OK", "Create": "OK"}


def test_without_an_engine_nobody_is_answered(port: int, account: Account) -> None:
    assert set(call(port).values()) == {"PERMISSION_DENIED"}
    assert not account.resources


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")
def test_another_user_is_not_answered_while_the_engine_is_connected(port: int, callers: list[psutil.Process]) -> None:
    callers.append(psutil.Process())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        grpc.channel_ready_future(channel).result(10)
        assert set(call(port, NOBODY).values()) == {"PERMISSION_DENIED"}


def test_a_process_that_the_rehearsal_started_for_something_else_is_not_answered(
    port: int, callers: list[psutil.Process]
) -> None:
    """A task is a child of the rehearsal too, and runs somebody's code."""
    engine = subprocess.Popen(["sleep", "60"])
    callers.append(psutil.Process(engine.pid))
    try:
        assert set(call(port).values()) == {"PERMISSION_DENIED"}
    finally:
        engine.kill()
        engine.wait()
