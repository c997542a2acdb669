"""An account to rehearse in, a client of its provider, and everything around one service."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conducky.rehearsal.account import Account
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.conducky.rehearsal.client import Client
from tests.conducky.rehearsal.ecs.deployed_service import PLACE, DeployedService


@pytest.fixture(scope="module")
def run_folder() -> Iterator[RunFolder]:
    """In a path with a space, as a person's may be, that every user can enter (pytest's own cannot be)."""
    parent = Path(tempfile.mkdtemp(prefix="temporary files "))
    parent.chmod(0o711)
    with RunFolder.create(parent) as folder:
        yield folder
    parent.rmdir()


@pytest.fixture
def account(run_folder: RunFolder, tmp_path: Path) -> Iterator[Account]:
    """An account in which nothing exists yet."""
    account = Account(PLACE, run_folder, lambda _line: None, tmp_path / "repository")
    yield account
    account.stopping.set()


@pytest.fixture
def client(account: Account) -> Iterator[Client]:
    """The engine's side of a provider for the account."""
    client = Client(account)
    yield client
    client.close()


@pytest.fixture
def deployed(client: Client, tmp_path: Path) -> DeployedService:
    """Everything around one backend service."""
    return DeployedService(client, tmp_path / "images")
