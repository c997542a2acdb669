import pytest

from conducky.catalog.outputs import Made, digits
from conducky.catalog.property_bag import UNKNOWN, Properties
from conducky.catalog.resource_type import ACCOUNT_ID, NameRule, ResourceType, at_most, one_of
from conducky.naming import Place


def _make(inputs: Properties, _place: Place, _seed: str) -> Made:
    return Made(str(inputs["name"]), {})


def test_an_arn_has_the_region_unless_the_service_is_global() -> None:
    place = Place("eu-west-1", ACCOUNT_ID)

    assert place.arn("ecs", "cluster/one") == f"arn:aws:ecs:eu-west-1:{ACCOUNT_ID}:cluster/one"
    assert place.arn("iam", "role/one") == f"arn:aws:iam::{ACCOUNT_ID}:role/one"


def test_only_named_inputs_replace() -> None:
    kind = ResourceType(_make, "a source", replaces=frozenset({"name", "zone"}))

    assert kind.replacing({"name", "tags"}) == ["name"]
    assert kind.replacing({"tags"}) == []


def test_everything_replaces_but_what_can_be_updated() -> None:
    kind = ResourceType(_make, "a source", replaces=frozenset({"*"}), updates=frozenset({"tags"}))

    assert kind.replacing({"tags", "size", "family"}) == ["family", "size"]


@pytest.mark.parametrize("missing", [None, "", []])
def test_a_required_input_that_is_empty_is_a_problem(missing: object) -> None:
    kind = ResourceType(_make, "a source", required=("size",))

    assert kind.problems({"size": missing}) == [("size", "is required")]


@pytest.mark.parametrize("given", [0, False, UNKNOWN, {}])
def test_a_required_input_that_is_given_is_none(given: object) -> None:
    assert ResourceType(_make, "a source", required=("size",)).problems({"size": given}) == []


def test_a_name_is_held_to_its_length_and_its_letters() -> None:
    kind = ResourceType(_make, "a source", NameRule(length=4, pattern="[a-z]+"))

    assert kind.problems({"name": "abcd"}) == []
    assert kind.problems({"name": UNKNOWN}) == []
    assert kind.problems({"name": "abcde"}) == [("name", "`abcde` is longer than 4 characters")]
    assert kind.problems({"name": "a-b"}) == [("name", "`a-b` must match [a-z]+")]


def test_all_problems_are_told_at_once() -> None:
    checks = (one_of("colour", ("red", "blue")), at_most("text", 3))
    kind = ResourceType(_make, "a source", required=("size",), checks=checks)

    assert kind.problems({"colour": "green", "text": "long"}) == [
        ("size", "is required"),
        ("", "`colour` is green and must be one of red, blue"),
        ("", "`text` has 4 characters and may have 3"),
    ]


@pytest.mark.parametrize("value", ["red", None, UNKNOWN])
def test_one_of_lets_allowed_absent_and_unknown_values_pass(value: object) -> None:
    assert one_of("colour", ("red", "blue"))({"colour": value}) is None


def test_white_space_counts_only_where_aws_counts_it() -> None:
    assert at_most("policy", 3)({"policy": "a \n b"}) == "`policy` has 5 characters and may have 3"
    assert at_most("policy", 3, spaces=False)({"policy": "a \n b"}) is None
    assert at_most("policy", 3)({"policy": UNKNOWN}) is None


def test_digits_depend_on_the_seed_alone() -> None:
    assert digits("one") == digits("one") != digits("two")
    assert len(digits("one", 7)) == 7
