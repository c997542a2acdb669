"""Deployments, evaluated once, and the judge's packages."""

import subprocess
from collections.abc import Callable

import pytest

from conducky.repository import ROOT
from tests.iam.deployments import Deployment, deployment
from tests.iam.numbers import LINES


@pytest.fixture(scope="session", autouse=True)
def _judge_is_there() -> None:
    """Alone, `make unit` gets no Node packages."""
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LINES:
        terminalreporter.section("IAM")
        for line in LINES:
            terminalreporter.write_line(line)
