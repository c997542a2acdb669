"""The account's provider is found, or its absence is reported before anything is created."""

from collections.abc import Callable

import grpc
import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.naming import Place

CONFIG = {"githubRepository": "acme/conducky"}
TOKEN = "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"
NOT_FOUND = "invocation of getOpenIdConnectProvider returned an error:\n  * finding IAM OIDC Provider: not found"
Answer = Callable[[str, Properties, Place], Properties | None]


class NotFoundError(grpc.RpcError):
    """The engine's answer, in the form in which the SDK handles it."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return NOT_FOUND


def none(_given: Properties) -> Properties:
    raise NotFoundError


def answering(found: Callable[[Properties], Properties | None]) -> Answer:
    original = lookups.answer

    def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
        given = original(token, arguments, place)
        return found(given) if token == TOKEN and given is not None else given

    return answer


def test_without_one_nothing_is_created(monkeypatch: pytest.MonkeyPatch, begun: list[str]) -> None:
    monkeypatch.setattr(lookups, "answer", answering(none))
    with pytest.raises(UserError) as caught:
        evaluate("bootstrap", config=CONFIG)
    assert "`githubRepository`" in caught.value.problem
    assert "(finding IAM OIDC Provider: not found)" in caught.value.problem
    assert caught.value.fix.endswith(
        "run `aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com "
        "--client-id-list sts.amazonaws.com`"
    )
    assert str(caught.value).isprintable()
    assert begun == []


def test_one_that_does_not_accept_tokens_for_aws_is_refused(monkeypatch: pytest.MonkeyPatch, begun: list[str]) -> None:
    monkeypatch.setattr(
        lookups, "answer", answering(lambda given: {**given, "clientIdLists": ["https://acme.example"]})
    )
    with pytest.raises(UserError, match=r"sts\.amazonaws\.com") as caught:
        evaluate("bootstrap", config=CONFIG)
    assert caught.value.fix.startswith("run `aws iam add-client-id-to-open-id-connect-provider ")
    assert begun == []


def test_it_is_not_looked_up_without_a_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "answer", answering(none))
    assert evaluate("bootstrap").exports["deploy_role_arn"] == ""


def test_it_is_never_created() -> None:
    """It is the account's: the next stack could not create a second one, and would lose it with the first stack."""
    made = evaluate("bootstrap", config=CONFIG)
    assert [resource for resource in made.resources if "openidconnect" in resource.type.lower()] == []
