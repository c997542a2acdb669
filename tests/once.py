"""What takes long and comes out the same each time is done once in each process of a test run.

A pytest plugin, for all tests.
"""

import os
import pickle
import ssl
from collections.abc import Callable, Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import typer.main
import yaml

from conducky.images import context
from conducky.repository import ROOT


@pytest.fixture(scope="session", autouse=True)
def no_links_to_the_newest_folder() -> Generator[None]:
    """Among those for temporary files: a link beside each takes longer than the folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("_pytest.tmpdir._force_symlink", say_nothing)
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


def say_nothing(*_words: object, **_options: object) -> None:
    """In the place of what nobody reads."""
