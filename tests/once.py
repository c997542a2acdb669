"""What takes long and comes out the same each time is done once in each process of a test run.

A pytest plugin, for all tests.
"""

import os
import pickle
import re
import runpy
import ssl
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import httpx
import pulumi
import pytest
import typer.main
import yaml
from pulumi.runtime.proto.source_pb2 import StackTrace

from conducky.evaluation.monitor import ProgramMonitor
from conducky.images import context
from conducky.repository import ROOT, run_program

_EVALUATION: Any = sys.modules["conducky.evaluation.evaluate"]  # whose name in its package is the function
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
def no_stack_traces() -> Generator[None]:
    """Of where programs create resources: mocks drop them, and they take a tenth of an evaluation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi.runtime.resource._get_stack_trace", StackTrace)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_tree_of_commands() -> Generator[None]:
    """For the whole session: typer builds it at each call, which takes as long as many a test."""
    with pytest.MonkeyPatch.context() as patch:
        get_command = cache(typer.main.get_command)
        patch.setattr("typer.main.get_command", get_command)
        patch.setattr("typer.testing._get_command", get_command)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_reading_of_the_same_yaml() -> Generator[None]:
    """A stack file of ten lines takes longer than the check of what it says."""
    load: Callable[[Any], object] = yaml.safe_load
    kept: dict[str, bytes] = {}  # each gets objects of its own, which a test may change

    def get(stream: Any) -> object:  # noqa: ANN401
        if not isinstance(stream, str):
            return load(stream)
        if stream not in kept:
            kept[stream] = pickle.dumps(load(stream))
        return pickle.loads(kept[stream])  # noqa: S301

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("yaml.safe_load", get)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_list_of_authorities() -> Generator[None]:
    """That a client of HTTPS trusts: to read it takes as long as many a test."""

    @cache
    def read(verify: Any, cert: Any, trust_env: bool, _environment: tuple[str | None, ...]) -> ssl.SSLContext:  # noqa: ANN401, FBT001
        return httpx.create_ssl_context(verify, cert, trust_env)

    def shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:  # noqa: ANN401, FBT001, FBT002
        environment = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        return read(verify, cert, trust_env, environment)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", shared)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_look_at_the_applications() -> Generator[None]:
    """For the files that belong to the images of this repository, which no test changes."""

    def once(work: Callable[..., Any]) -> Callable[..., Any]:
        kept = cache(work)

        def get(folder: Path, *more: Any) -> Any:  # noqa: ANN401
            if not folder.is_relative_to(ROOT):
                return work(folder, *more)
            found = kept(folder, *(tuple(cast("list[str]", each)) if isinstance(each, list) else each for each in more))
            return [*found] if found else found

        return get

    def fields(folder: Path, names: Sequence[str]) -> list[bytes]:
        return [*look(folder, names)]

    look = context.file_fields
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "context_files", once(context.context_files))
        patch.setattr(context, "file_fields", once(fields))
        patch.setattr(context, "normalise_modes", once(context.normalise_modes))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_import_of_a_program() -> Generator[None]:
    """Of its modules, which declare; what they declare takes a third of an evaluation."""
    kept: dict[frozenset[tuple[Path, int]], dict[str, ModuleType]] = {}

    def run(layer: str, root: Path) -> None:
        if _has_to_import():
            return run_program(layer, root)
        files = frozenset((file, file.stat().st_mtime_ns) for file in (root / layer).glob("[!_]*.py"))
        names = {file.stem for file, _ in files}
        others = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
        sys.modules.update(kept.get(files, {}))
        try:
            runpy.run_path(str(root / layer), run_name="__main__")
        finally:
            kept[files] = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
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
        # Mocks drop the SDK's debugging messages about each resource; a real engine gets them
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pulumi.log, "debug", _say_nothing)
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


def _say_nothing(*_words: object, **_options: object) -> None:
    pass


def _has_to_run() -> bool:
    """Whether the test that runs asks for it, or has replaced a part of the code so far."""
    return "programs_run_each_time" in _used() or bool(_replaced())


def _has_to_import() -> bool:
    """As well, unless it has replaced methods only: a module that was imported before finds the new ones."""
    return "programs_run_each_time" in _used() or not all(isinstance(owner, type) for owner in _replaced())


def _used() -> Mapping[str, Any]:
    """The fixtures of the test that runs."""
    return getattr(_TEST[0], "funcargs", {}) if _TEST else {}


def _replaced() -> list[object]:
    """The owners of what the test that runs has replaced so far: modules, classes, dictionaries."""
    patch = _used().get("monkeypatch")
    if not patch:
        return []
    return [owner for owner, *_ in (*patch._setattr, *patch._setitem) if owner is not os.environ]
