"""What each client and session of boto3 finds out for itself, once in each process of a test run.

A pytest plugin, for all tests. The clients and sessions themselves are each test's own.
"""

from collections.abc import Callable, Generator
from functools import cache
from typing import Any

import botocore.client
import botocore.compat
import botocore.hooks
import botocore.loaders
import pytest
from botocore.httpsession import create_urllib3_context
from botocore.model import ServiceModel

_CREATOR: Any = botocore.client.ClientCreator  # its methods are its own


@pytest.fixture(scope="session", autouse=True)
def one_reading_of_the_models() -> Generator[None]:
    """Of AWS's services, which each session would read again, and each client take apart again."""
    load: Callable[..., ServiceModel] = _CREATOR._load_service_model
    kept: dict[tuple[str, str | None], ServiceModel] = {}

    def get(self: object, service_name: str, api_version: str | None = None) -> ServiceModel:
        if (service_name, api_version) not in kept:
            kept[service_name, api_version] = load(self, service_name, api_version)
        return kept[service_name, api_version]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.loaders.create_loader", cache(botocore.loaders.create_loader))
        patch.setattr(_CREATOR, "_load_service_model", get)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_class_for_the_clients_of_a_service() -> Generator[None]:
    """With its hundreds of methods; the clients themselves are each test's own."""
    create: Callable[..., type] = _CREATOR._create_client_class
    kept: dict[str, type] = {}

    def get(self: object, service_name: str, service_model: ServiceModel) -> type:
        if service_name not in kept:
            kept[service_name] = create(self, service_name, service_model)
        return kept[service_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_CREATOR, "_create_client_class", get)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_look_at_the_handlers_of_events() -> Generator[None]:
    """Each session registers some hundred, and looks at the signature of each."""
    look: Callable[[object], object] = cache(botocore.compat.accepts_kwargs)

    def accepts_kwargs(handler: object) -> object:
        return look(getattr(handler, "__func__", handler))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.hooks.accepts_kwargs", accepts_kwargs)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_context_for_https() -> Generator[None]:
    """Each client makes its own, and most never connect."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.httpsession.create_urllib3_context", cache(create_urllib3_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def same_names_of_events() -> Generator[None]:
    """Each client of AWS finds out for itself how botocore calls some hundred events today."""
    found: dict[str, str] = {}
    begin = botocore.hooks.EventAliaser.__init__

    def share(self: botocore.hooks.EventAliaser, event_emitter: Any, event_aliases: Any = None) -> None:  # noqa: ANN401
        begin(self, event_emitter, event_aliases)
        if event_aliases is None:
            vars(self)["_alias_name_cache"] = found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.hooks.EventAliaser, "__init__", share)
        yield
