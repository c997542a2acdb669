import pytest

from conducky.rehearsal import wire
from conducky.rehearsal.wire import Properties


def test_secrets_are_unwrapped_however_deep_they_lie() -> None:
    value = {"plain": "a", "list": [{"inner": wire.secret("b")}], "bag": wire.secret({"c": wire.secret("d")})}

    assert wire.plain(value) == {"plain": "a", "list": [{"inner": "b"}], "bag": {"c": "d"}}


def test_whole_numbers_come_back_as_integers_and_nothing_else_changes() -> None:
    sent = {"port": 4000, "share": 0.5, "on": True, "text": "15", "nothing": None}

    received = wire.plain(wire.read(wire.write(sent)))

    assert received == sent
    assert {name: type(value) for name, value in received.items()} == {
        name: type(value) for name, value in sent.items()
    }


def test_a_secret_keeps_its_wrapper_on_the_wire() -> None:
    received = wire.read(wire.write({"password": wire.secret("hidden"), "name": "shown"}))

    assert wire.is_secret(received["password"])
    assert not wire.is_secret(received["name"])
    assert wire.plain(received) == {"password": "hidden", "name": "shown"}


@pytest.mark.parametrize("value", ["text", None, {}, {wire.SIGNATURE_KEY: "an asset's signature"}])
def test_only_the_signature_of_secrets_makes_a_secret(value: object) -> None:
    assert not wire.is_secret(value)


@pytest.mark.parametrize("properties", [{}, {"entry": None}])
def test_an_absent_nested_property_is_empty(properties: Properties) -> None:
    assert wire.bags(properties, "entry") == []
    assert wire.bag(properties, "entry") == {}
    assert wire.texts(properties, "entry") == []
