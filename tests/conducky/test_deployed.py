"""What a program reads of the state before it registers anything."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import pytest

from conducky import deployed
from conducky.deployed import deployed_resources, last_outputs

IMAGE = "docker-build:index:Image"
STATE: dict[str, Any] = {
    "urn:pulumi:dev::conducky-services::conducky:services:ApplicationImage$docker-build:index:Image::backend": {
        "type": IMAGE,
        "outputs": {"tags": ["repository:build-1"]},
    },
    "urn:pulumi:dev::conducky-services::aws:ecs/cluster:Cluster::backend": {
        "type": "aws:ecs/cluster:Cluster",
        "outputs": {},
    },
}


class Answer:
    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value


@pytest.fixture(autouse=True)
def run_of_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is one, which has asked nothing yet."""
    monkeypatch.setattr(deployed, "_ANSWERS", ContextVar[dict[str, Mapping[str, Any]]]("answers"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The questions; the first one comes while the engine writes its file."""
    questions: list[dict[str, str]] = []

    def invoke(token: str, arguments: dict[str, str]) -> Answer:
        assert token == "pulumi:pulumi:readStackResourceOutputs"
        questions.append(arguments)
        if len(questions) == 1:
            raise Exception("failed to load checkpoint: EOF")  # noqa: TRY002  # as the SDK does
        return Answer({"outputs": STATE})

    monkeypatch.setattr(deployed, "invoke", invoke)
    monkeypatch.setattr(deployed, "_PAUSE", 0)
    monkeypatch.setattr("pulumi.get_project", lambda: "conducky-services")
    monkeypatch.setattr("pulumi.get_stack", lambda: "dev")
    monkeypatch.setattr("pulumi.get_organization", lambda: "acme")
    return questions


def test_the_resources_of_a_type_by_name_even_while_the_engine_writes(asked: list[dict[str, str]]) -> None:
    assert deployed_resources(IMAGE) == {"backend": {"tags": ["repository:build-1"]}}
    assert asked == [{"stackName": "acme/conducky-services/dev"}] * 2
    assert deployed_resources("aws:ecs/cluster:Cluster") == {"backend": {}}
    assert len(asked) == 2, "the whole state was read already"


def test_a_stack_that_was_never_deployed_has_exported_nothing(
    monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, str]]
) -> None:
    questions = 0

    def unknown(_token: str, _arguments: dict[str, str]) -> Answer:
        nonlocal questions
        questions += 1
        raise Exception('unknown stack "acme/conducky-services/dev"')  # noqa: TRY002  # as the SDK does

    monkeypatch.setattr(deployed, "invoke", unknown)
    assert last_outputs() == {}
    assert questions == 1, "there is nothing to wait for"


def test_a_state_that_stays_unreadable_is_an_error(
    monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, str]]
) -> None:
    def fail(_token: str, _arguments: dict[str, str]) -> Answer:
        raise Exception("permission denied")  # noqa: TRY002  # as the SDK does

    monkeypatch.setattr(deployed, "invoke", fail)
    with pytest.raises(Exception, match="permission denied"):
        deployed_resources(IMAGE)
