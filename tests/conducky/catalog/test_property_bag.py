import pytest

from conducky.catalog import property_bag
from conducky.catalog.property_bag import Properties


def test_secrets_are_unwrapped_however_deep_they_lie() -> None:
    value = {
        "plain": "a",
        "list": [{"inner": property_bag.secret("b")}],
        "bag": property_bag.secret({"c": property_bag.secret("d")}),
    }

    assert property_bag.plain(value) == {"plain": "a", "list": [{"inner": "b"}], "bag": {"c": "d"}}


def test_whole_numbers_come_back_as_integers_and_nothing_else_changes() -> None:
    sent = {"port": 4000, "share": 0.5, "on": True, "text": "15", "nothing": None}

    received = property_bag.plain(property_bag.read(property_bag.write(sent)))

    assert received == sent
    assert {name: type(value) for name, value in received.items()} == {
        name: type(value) for name, value in sent.items()
    }


def test_a_secret_keeps_its_wrapper_on_the_wire() -> None:
    received = property_bag.read(property_bag.write({"password": property_bag.secret("hidden"), "name": "shown"}))

    assert property_bag.is_secret(received["password"])
    assert not property_bag.is_secret(received["name"])
    assert property_bag.plain(received) == {"password": "hidden", "name": "shown"}


@pytest.mark.parametrize("value", ["text", None, {}, {property_bag.SIGNATURE_KEY: "an asset's signature"}])
def test_only_the_signature_of_secrets_makes_a_secret(value: object) -> None:
    assert not property_bag.is_secret(value)


@pytest.mark.parametrize("properties", [{}, {"entry": None}])
def test_an_absent_nested_property_is_empty(properties: Properties) -> None:
    assert property_bag.bags(properties, "entry") == []
    assert property_bag.bag(properties, "entry") == {}
    assert property_bag.texts(properties, "entry") == []
