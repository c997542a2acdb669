"""The account's service-linked roles: created where there are none, found where there are, never taken away."""

from collections.abc import Callable

import grpc
import pytest
from service_roles import USED

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Place

ROLE = "aws:iam/serviceLinkedRole:ServiceLinkedRole"
Account = Callable[[tuple[str, ...]], None]


@pytest.fixture
def account_has(monkeypatch: pytest.MonkeyPatch) -> Account:
    """Let the account have the roles of these services."""

    def have(services: tuple[str, ...]) -> None:
        original = lookups.answer

        def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
            if token != "aws:iam/getRoles:getRoles":
                return original(token, arguments, place)
            found = [service for service in services if arguments["pathPrefix"] == f"/aws-service-role/{service}/"]
            return {"names": found, "arns": found}

        monkeypatch.setattr(lookups, "answer", answer)

    return have


def declared(made: Evaluation) -> list[str]:
    return sorted(role.inputs["awsServiceName"] for role in made.of(ROLE))


def in_state(made: Evaluation) -> dict[tuple[str, str], Properties]:
    return {(ROLE, role.name): role.outputs for role in made.of(ROLE)}


def test_a_new_account_gets_all_of_them(bootstrap: Evaluation) -> None:
    assert declared(bootstrap) == [*USED]


def test_each_has_a_name_of_its_own_in_the_state(bootstrap: Evaluation) -> None:
    """Two services begin with `ecs`; the engine refuses a name that is used twice."""
    names = [role.name for role in bootstrap.of(ROLE)]
    assert len({*names}) == len(names), names
    assert {"ecs", "elasticloadbalancing", "ops", "rds"} <= {*names}, "an installation has these already"


def test_those_that_are_there_are_not_created_again(account_has: Account) -> None:
    """AWS would refuse: the name "has been taken in this account"."""
    account_has(("ecs.amazonaws.com",))
    assert declared(evaluate("bootstrap")) == [*USED[1:]]


def test_the_stack_that_created_them_keeps_them(account_has: Account, bootstrap: Evaluation) -> None:
    account_has(USED)
    again = evaluate("bootstrap", deployed=in_state(bootstrap))
    assert [role.inputs for role in again.of(ROLE)] == [role.inputs for role in bootstrap.of(ROLE)]


def test_a_second_stack_creates_none(account_has: Account) -> None:
    account_has(USED)
    assert declared(evaluate("bootstrap", stack="prod")) == []


def test_they_stay_when_the_stack_goes(bootstrap: Evaluation) -> None:
    """Other stacks, and whatever else is in the account, work with them."""
    assert all(role.retain_on_delete for role in bootstrap.of(ROLE))


def test_credentials_that_cannot_list_them_are_refused_before_anything_is_created(
    monkeypatch: pytest.MonkeyPatch, begun: list[str]
) -> None:
    original = lookups.answer

    def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
        if token == "aws:iam/getRoles:getRoles":
            raise DeniedError
        return original(token, arguments, place)

    monkeypatch.setattr(lookups, "answer", answer)
    with pytest.raises(UserError, match="not authorized to perform: iam:ListRoles") as caught:
        evaluate("bootstrap")
    assert "AWS admin" in caught.value.fix
    assert begun == []


class DeniedError(grpc.RpcError):
    """The engine's answer, in the form in which the SDK handles it."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "invocation of aws:iam/getRoles returned an error:\n  * not authorized to perform: iam:ListRoles"
