"""What a layer's program registers is found out once for the same settings, in each process of a test run.

A pytest plugin, for all tests.
"""

import asyncio
import os
import pickle
import re
import runpy
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
import pytest
from pulumi.output import _OutputData  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime import rpc
from pulumi.runtime.proto.source_pb2 import StackTrace

from conducky.evaluation.monitor import ProgramMonitor
from conducky.repository import ROOT, run_program
from tests.once import say_nothing

_EVALUATION: Any = sys.modules["conducky.evaluation.evaluate"]  # whose name in its package is the function
_OUTPUT: Any = pulumi.Output  # its constructor makes a task for each
_TEST: list[pytest.Item] = []  # the one that runs
# What differs between tests, and no program reads.
_OF_TESTS = re.compile(
    r"PATH|COLUMNS|NO_COLOR|PYTEST_CURRENT_TEST|CONDUCKY_CACHE|FAKE_ANSWERS|AWS_(ACCESS|SECRET|SHARED)\w+"
    r"|AWS_CONFIG_FILE|AWS_EC2\w+|GITHUB_(OUTPUT|PATH|STEP_SUMMARY|RUN_ID|SHA|TOKEN|ACTIONS)|PULUMI_ACCESS_TOKEN"
)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember which test runs."""
    _TEST[:] = [item]


@pytest.fixture(scope="session", autouse=True)
def one_import_of_a_program() -> Generator[None]:
    """Of its modules, which declare; what they declare takes a third of an evaluation."""
    kept: dict[frozenset[tuple[Path, int]], dict[str, ModuleType]] = {}

    def run(layer: str, root: Path) -> None:
        files = frozenset((file, file.stat().st_mtime_ns) for file in (root / layer).glob("[!_]*.py"))
        if _has_to_import(kept.get(files)):
            return run_program(layer, root)
        names = {file.stem for file, _ in files}
        others = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
        sys.modules.update(kept.get(files, {}))
        try:
            runpy.run_path(str(root / layer), run_name="__main__")
        finally:
            modules = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
            if not _replaced_outside_classes():  # a module imported just now may have taken what replaces
                kept[files] = modules
            sys.modules.update(others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_EVALUATION, "run_program", run)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_run_of_a_program() -> Generator[None]:
    """With the same settings, variables and answers: it registers the same, and half a second a time adds up."""
    evaluate: Callable[..., None] = _EVALUATION._run
    kept: dict[str, bytes] = {}  # each gets objects of its own, which a test may change

    def run(*program: Any) -> None:  # noqa: ANN401
        with pytest.MonkeyPatch.context() as patch:
            # Mocks drop what the SDK says of each resource and of where it was created; a real engine gets both
            patch.setattr(pulumi.log, "debug", say_nothing)
            patch.setattr("pulumi.runtime.resource._get_stack_trace", StackTrace)
            patch.setattr(rpc, "transfer_properties", _outputs)
            patch.setattr(rpc, "contains_unknowns", _nothing_is_unknown)
            evaluate(*program)

    def once(
        layer: str, stack: str, settings: dict[str, str], secrets: list[str], monitor: ProgramMonitor, root: Path
    ) -> None:
        if root != ROOT or _has_to_run():
            run(layer, stack, settings, secrets, monitor, root)
            return
        variables = {name: value for name, value in os.environ.items() if not _OF_TESTS.fullmatch(name)}
        key = repr((layer, stack, settings, secrets, sorted(vars(monitor).items(), key=str), sorted(variables.items())))
        if key not in kept:
            run(layer, stack, settings, secrets, monitor, root)
            kept[key] = pickle.dumps((monitor.registered, monitor.exports, monitor.secret_exports))
        monitor.registered, monitor.exports, monitor.secret_exports = pickle.loads(kept[key])  # noqa: S301

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_EVALUATION, "_run", once)
        yield


@pytest.fixture
def programs_run_each_time() -> None:
    """For a test of what differs from one run to the next, such as the time."""


def _outputs(resource: pulumi.Resource, names: Iterable[str], custom: bool) -> dict[str, Callable[..., None]]:  # noqa: FBT001
    """As the SDK's own: gives `resource` its outputs, and returns what resolves each.

    A future for each, where the SDK makes four and a task that waits for them.
    """

    def output(name: str) -> Callable[..., None]:
        data: asyncio.Future[_OutputData[Any]] = asyncio.Future()

        def resolve(
            value: object,
            is_known: bool,  # noqa: FBT001  # the SDK passes them by position
            is_secret: bool,  # noqa: FBT001
            behind: set[pulumi.Resource],
            failed: Exception | None,
        ) -> None:
            if failed:
                data.set_exception(failed)
            else:
                data.set_result(_OutputData({*(behind or ()), resource}, value, is_known, is_secret))

        vars(resource)[name] = _OUTPUT._from_data(data)
        return resolve

    return {name: output(name) for name in names if name != "urn" and not (name == "id" and custom)}


def _nothing_is_unknown(_value: object) -> bool:
    """A program under mocks is no preview."""
    return False


def _has_to_run() -> bool:
    """Whether the test that runs asks for it, or has replaced a part of the code so far."""
    return "programs_run_each_time" in _used() or bool(_replaced())


def _has_to_import(modules: Mapping[str, ModuleType] | None) -> bool:
    """As well, unless what it has replaced is none that the `modules` imported before took for themselves."""
    if "programs_run_each_time" in _used():
        return True
    replaced = _replaced_outside_classes()
    if modules is None:
        return bool(replaced)
    taken = {id(value) for module in modules.values() for value in vars(module).values()}
    return any(id(owner) in taken or id(before) in taken for owner, before in replaced)


def _used() -> Mapping[str, Any]:
    """The fixtures of the test that runs."""
    return getattr(_TEST[0], "funcargs", {}) if _TEST else {}


def _replaced_outside_classes() -> list[tuple[object, object]]:
    """A class keeps its place: a module that was imported before finds its new methods."""
    return [(owner, before) for owner, before in _replaced() if not isinstance(owner, type)]


def _replaced() -> list[tuple[object, object]]:
    """What the test that runs has replaced so far: modules, classes and dictionaries, each with what it had before."""
    patch = _used().get("monkeypatch")
    if not patch:
        return []
    changes = (*patch._setattr, *patch._setitem)
    return [(owner, before) for owner, _, before in changes if owner is not os.environ]
