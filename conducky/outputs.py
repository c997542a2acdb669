"""Small helpers for Pulumi outputs."""

from typing import TypeVar

from pulumi import Output

T = TypeVar("T")


def known(value: T) -> Output[T]:
    """An output whose value is known already, where a contract asks for an output."""
    return Output.from_input(value)  # pyright: ignore[reportReturnType, reportUnknownVariableType, reportUnknownMemberType]
