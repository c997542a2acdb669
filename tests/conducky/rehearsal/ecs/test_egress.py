"""Connections outwards are seen by their port, and those to this computer itself are not among them."""

import socket
import subprocess
import sys

import psutil

from conducky.rehearsal.ecs.egress import EgressWatch

CONNECT = """
import socket, sys, time
connected = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print(1, flush=True)
time.sleep(60)
"""


def test_a_connection_to_another_address_is_noted_and_one_to_this_computer_is_not() -> None:
    own = next(
        each.address
        for card in psutil.net_if_addrs().values()
        for each in card
        if each.family == socket.AF_INET and not each.address.startswith("127.")
    )
    with socket.create_server((own, 0)) as outside, socket.create_server(("127.0.0.1", 0)) as inside:
        watch = EgressWatch()
        for address, port in (outside.getsockname(), inside.getsockname()):
            with subprocess.Popen([sys.executable, "-c", CONNECT, address, str(port)], stdout=subprocess.PIPE) as task:
                assert task.stdout
                assert task.stdout.readline()
                EgressWatch(watch.tried).observe([("backend", task.pid)])
                task.kill()
        assert watch.tried == {"backend": {outside.getsockname()[1]}}


def test_a_process_that_has_ended_is_no_error() -> None:
    watch = EgressWatch()
    watch.observe([("backend", 2**22 + 1)])
    assert watch.tried == {}
