"""Deployments, evaluated once, and the judge's packages."""

import subprocess
from collections.abc import Callable

import pytest
from filelock import FileLock

from conducky.repository import ROOT
from tests.iam.deployments import Deployment, deployment


@pytest.fixture(scope="session", autouse=True)
def _judge_is_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`pytest` by itself, without make, gets no Node packages; of several processes one gets them."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "tools-iam.lock"):
        subprocess.run([ROOT / "tools" / "node-packages", "tools/iam"], check=True)


@pytest.fixture(scope="session")
def deployed() -> Callable[[str], Deployment]:
    kept: dict[str, Deployment] = {}

    def get(label: str) -> Deployment:
        if label not in kept:
            kept[label] = deployment(label)
        return kept[label]

    return get


@pytest.fixture(scope="session")
def dev(deployed: Callable[[str], Deployment]) -> Deployment:
    return deployed("dev")
