"""Each layer's program, evaluated once for each stack: half a second a time adds up."""

import gc
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Each of these makes typer and rich colour what goes to no terminal, and typer asks for them once, when it is imported.
os.environ.pop("FORCE_COLOR", None)
os.environ.pop("GITHUB_ACTIONS", None)
os.environ.pop("PY_COLORS", None)
os.environ.pop("COLUMNS", None)

# As in conducky/cli/app.py, before gRPC is loaded: its handlers for forks now and then crash a child that starts.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

import pulumi
import pytest
import typer.rich_utils  # noqa: F401  # before a test sets GITHUB_ACTIONS  # pyright: ignore[reportUnusedImport]
from _pytest.runner import runtestprotocol
from xdist.scheduler import LoadFileScheduling

from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.rehearsal.images.node import use_node
from conducky.repository import READS

use_node()

pytest_plugins = [
    "tests.summary",
    "tests.once",
    "tests.once_boto3",
    "tests.once_programs",
    "tests.fakes.container_proof",
]


# All files share a program that takes seconds to start: the judge of IAM's policies.
_TOGETHER = "tests/iam/"
# Each takes minutes, with the applications as they are; of the unit tests, those that stay together take longest.
_LONGEST = (
    _TOGETHER,
    "tests/scenarios/test_releases.py",
    "tests/applications/",
    "tests/scenarios/test_effects.py",
    "tests/e2e/",
)
_NO_UNIT = re.compile(r"^pytestmark = (\[\s*)?pytest\.mark\.(engine|slow)\b", re.MULTILINE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are processors, or two where real programs are waited for; eight at the most."""
    return min((os.cpu_count() or 1) + (1 if "not engine" in config.option.markexpr else 2), 8)


class _Scheduling(LoadFileScheduling):
    """The tests of a file go to one process, and so do all files in the folder `_TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER if nodeid.startswith(_TOGETHER) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:  # noqa: ANN401
    return _Scheduling(config, log) if config.option.dist == "loadfile" else None


def pytest_configure() -> None:
    """Without git, hundreds of tests would fail with what Python says of a missing program."""
    if not shutil.which("git"):
        raise pytest.UsageError(
            "the tests need git: install it (on Debian, `sudo apt-get install git`), then try again"
        )


def pytest_sessionstart() -> None:
    """Nothing that is loaded for the tests ever goes, so there is nothing to look for meanwhile."""
    gc.disable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What only tests with real programs need, such as Playwright, is loaded where they run."""
    if "not engine" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    return bool(_NO_UNIT.search(collection_path.read_text(encoding="utf-8"))) or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that in the end no process waits for another; otherwise in the order of the seed."""
    items.sort(key=lambda item: (not item.nodeid.startswith(_LONGEST), item.get_closest_marker("engine") is None))
    for item in items:
        if item.get_closest_marker("engine"):
            # What else a computer does can disturb real programs: a second attempt, which the closing lines name
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A process of several reports what a unit test came to, and no more: six messages take longer than many a test."""
    if not hasattr(item.config, "workerinput") or item.get_closest_marker("engine") or item.config.option.durations:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


def pytest_collection_finish(session: pytest.Session) -> None:
    """All modules are loaded and stay: the garbage collector need not look at them again and again."""
    gc.freeze()
    # Of unit tests it would free some hundred megabytes, for a tenth of their time
    if any(item.get_closest_marker("engine") for item in session.items):
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """One look for what nobody awaited or closed; pytest would look ten times, each time at all that there is."""
    if gc.isenabled():
        gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def evaluated() -> Callable[[str, str], Evaluation]:
    """The evaluation of (layer, stack), with the stack's own settings; services upon the same stack's other layers."""
    kept: dict[tuple[str, str], Evaluation] = {}

    def get(layer: str, stack: str) -> Evaluation:
        if (layer, stack) not in kept:
            kept[layer, stack] = evaluate(
                layer, stack=stack, upstream={lower: get(lower, stack).exports for lower in READS[layer]}
            )
        return kept[layer, stack]

    return get


@pytest.fixture(scope="session")
def bootstrap(evaluated: Callable[[str, str], Evaluation]) -> Evaluation:
    return evaluated("bootstrap", "dev")


@pytest.fixture(scope="session")
def platform(evaluated: Callable[[str, str], Evaluation]) -> Evaluation:
    return evaluated("platform", "dev")


@pytest.fixture(scope="session")
def services(evaluated: Callable[[str, str], Evaluation]) -> Evaluation:
    return evaluated("services", "dev")


@pytest.fixture(scope="session")
def evaluate_services(bootstrap: Evaluation, platform: Evaluation) -> Callable[..., Evaluation]:
    """Evaluate services again with other settings, variables or exports below; see `evaluate`."""

    def again(**different: Any) -> Evaluation:  # noqa: ANN401
        options: dict[str, Any] = {"upstream": {"bootstrap": bootstrap.exports, "platform": platform.exports}}
        return evaluate("services", **{**options, **different})

    return again


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types of all resources whose creation began, noted at once and not when the engine hears of it."""
    types: list[str] = []
    original = pulumi.Resource.__init__

    def note(self: pulumi.Resource, t: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        if t not in {"pulumi:pulumi:Stack", "pulumi:pulumi:StackReference"}:  # the one is always there, the other read
            types.append(t)
        original(self, t, *args, **kwargs)

    monkeypatch.setattr(pulumi.Resource, "__init__", note)
    return types


@pytest.fixture(scope="session")
def gateway_platform() -> Evaluation:
    """The platform with an HTTP API for an entrance."""
    return evaluate("platform", config={"entrance": "http-api"})


@pytest.fixture(scope="session")
def gateway_services(bootstrap: Evaluation, gateway_platform: Evaluation) -> Evaluation:
    """The services behind an HTTP API."""
    return evaluate("services", upstream={"bootstrap": bootstrap.exports, "platform": gateway_platform.exports})
