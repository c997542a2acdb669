"""Everything that a rehearsal listens on is for this computer only."""

import contextlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator

import psutil
import pytest

from conducky.rehearsal.processes.ports import addresses
from tests.conducky.rehearsal.ecs.deployed_service import DeployedService

pytestmark = pytest.mark.engine

# Prints the ports, of those given, that it reaches on the address.
CONNECT = """
import socket, sys
address, *ports = sys.argv[1:]
for port in ports:
    with socket.socket() as probe:
        probe.settimeout(3)
        if probe.connect_ex((address, int(port))) == 0:
            print(port)
"""


@pytest.fixture
def listening(deployed: DeployedService) -> list[tuple[str, int]]:
    """Address and port of every listening socket: of the provider, the load balancer and a task."""
    deployed.deploy(deployed.version("1", HOST="0.0.0.0", HOSTNAME="::"))  # noqa: S104  # as many images say
    here = psutil.Process()
    found: list[tuple[str, int]] = []
    for process in (here, *here.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # It ended meanwhile
            found += [
                (str(connection.laddr.ip), int(connection.laddr.port))
                for connection in process.net_connections("tcp")
                if connection.status == psutil.CONN_LISTEN
            ]
    task = next(iter(deployed.stand_ins.services.running.values())).tasks[0]
    assert {deployed.load_balancers.listeners[deployed.listener["arn"]], *task.ports.values()} <= {p for _, p in found}
    return found


def test_every_listening_address_is_loopback(listening: list[tuple[str, int]]) -> None:
    assert {address for address, _ in listening} <= {*addresses(), "::ffff:127.0.0.1"}


@pytest.fixture
def other_network() -> Iterator[tuple[list[str], str]]:
    """What runs a command as on another computer, and this computer's address there."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("a second network needs root and `ip`")
    name = f"c{uuid.uuid4().hex[:8]}"
    here = "198.18.213.1"  # Of the range for tests of networks
    with contextlib.ExitStack() as undo:
        for command, reverse in (
            (["netns", "add", name], ["netns", "delete", name]),
            (["link", "add", f"{name}h", "type", "veth", "peer", "name", f"{name}n"], ["link", "delete", f"{name}h"]),
            (["link", "set", f"{name}n", "netns", name], None),
            (["address", "add", f"{here}/30", "dev", f"{name}h"], None),
            (["link", "set", f"{name}h", "up"], None),
            (["-n", name, "address", "add", "198.18.213.2/30", "dev", f"{name}n"], None),
            (["-n", name, "link", "set", f"{name}n", "up"], None),
        ):
            done = subprocess.run(["ip", *command], check=False, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"`ip {' '.join(command)}` is not allowed here: {done.stderr.strip()}")
            if reverse:
                undo.callback(subprocess.run, ["ip", *reverse], check=False, capture_output=True)
        yield ["ip", "netns", "exec", name], here


def test_another_computer_reaches_nothing(
    listening: list[tuple[str, int]], other_network: tuple[list[str], str]
) -> None:
    inside, here = other_network
    control = subprocess.Popen([sys.executable, "-m", "http.server", "0", "--bind", here], stdout=subprocess.PIPE)
    try:
        assert control.stdout
        control.stdout.read(1)  # It listens
        (port,) = (c.laddr.port for c in psutil.Process(control.pid).net_connections("tcp"))
        wanted = [str(port) for port in (port, *(port for _, port in listening))]
        done = subprocess.run(
            [*inside, sys.executable, "-c", CONNECT, here, *wanted], check=True, capture_output=True, text=True
        )
    finally:
        control.kill()
        control.wait()
    assert done.stdout.split() == [str(port)], "only the server that is there to show that the network works"
