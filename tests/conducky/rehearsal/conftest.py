"""A machine to rehearse on, a client that asks its provider, and a small world around one service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conducky.rehearsal.account import Machine
from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.postgres.certificates import CertificateAuthority
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.client import Client
from tests.conducky.rehearsal.ecs.deployed_service import PLACE, World


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunFolder]:
    """In a path with a space, as a person's may be."""
    with RunFolder.create(tmp_path_factory.mktemp("temporary files")) as folder:
        yield folder


@pytest.fixture
def machine(run_folder: RunFolder, tmp_path: Path) -> Iterator[Machine]:
    """A machine on which nothing exists yet."""
    balancer = LoadBalancer()
    balancer.start()
    machine = Machine(
        place=PLACE,
        folder=run_folder,
        authority=CertificateAuthority.create(tmp_path / "ca"),
        balancer=balancer,
        port=18080,
        progress=lambda _line: None,
        root=tmp_path / "repository",
    )
    yield machine
    machine.stopping.set()
    balancer.stop()


@pytest.fixture
def client(machine: Machine) -> Iterator[Client]:
    """The engine's side of a provider on the machine."""
    client = Client(machine)
    yield client
    client.close()


@pytest.fixture
def world(client: Client, tmp_path: Path) -> World:
    """One backend service's surroundings."""
    return World(client, tmp_path / "images")
