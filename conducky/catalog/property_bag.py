"""The engine's wire format: numbers as floats, secrets wrapped with a signature, what is not known yet as one text."""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from google.protobuf import json_format, struct_pb2

Properties: TypeAlias = dict[str, Any]

# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # it marks secrets and is not one


def plain(value: Any) -> Any:  # noqa: ANN401
    """A value without its secret wrappers, with whole numbers as integers."""
    if isinstance(value, dict):
        bag = cast("Properties", value)
        if bag.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return plain(bag["value"])
        return {key: plain(item) for key, item in bag.items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def secret(value: object) -> Properties:
    """A value wrapped so that the engine encrypts it in its state."""
    return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value}


def is_secret(value: object) -> bool:
    """Whether a value is wrapped as a secret."""
    return isinstance(value, dict) and cast("Properties", value).get(SIGNATURE_KEY) == SECRET_SIGNATURE


def read(struct: struct_pb2.Struct) -> Properties:
    """A property bag as it arrived, wrappers included."""
    return json_format.MessageToDict(struct)


def write(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """A property bag for the wire."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(dict(properties), struct)
    return struct


def bags(properties: Properties, name: str) -> list[Properties]:
    """A list of property bags; an absent one is empty."""
    return properties.get(name) or []


def bag(properties: Properties, name: str) -> Properties:
    """A nested property bag; an absent one is empty."""
    return properties.get(name) or {}


def texts(properties: Properties, name: str) -> list[str]:
    """A list of texts; an absent one is empty."""
    return properties.get(name) or []
