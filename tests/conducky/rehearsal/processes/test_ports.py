import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from conducky.errors import UserError
from conducky.rehearsal.processes.ports import claim_port, free_port, release_port


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", free_port())):
        pass


def test_no_port_is_handed_out_twice() -> None:
    start = free_port()
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(free_port) for _ in range(40)] + [pool.submit(claim_port, start) for _ in range(40)]
        ports = {start, *(job.result() for job in jobs)}
    assert len(ports) == 81


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])  # noqa: S104 - what another program may do
def test_a_taken_port_is_passed_over(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    port = free_port()
    release_port(port)
    try:
        taken = socket.create_server((address, port), family=family)
    except OSError:
        pytest.skip(f"there is no {address}")
    with taken:
        assert claim_port(port) > port


def test_the_preferred_port_is_taken_when_it_is_free() -> None:
    port = free_port()
    release_port(port)
    assert claim_port(port) == port


def test_a_port_that_only_has_old_connections_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        server.accept()[0].close()
    client.close()
    assert claim_port(port) == port


def test_no_port_left_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"every port from 65536 to 65535 .* `--port`"):
        claim_port(65536)
