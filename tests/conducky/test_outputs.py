"""Small helpers for outputs."""

import asyncio

import pulumi
import pytest

from conducky.outputs import known


@pytest.mark.parametrize("value", ["text", 3000, ["subnet-1", "subnet-2"]])
def test_a_known_value_becomes_an_output_of_itself(value: object) -> None:
    async def resolved() -> tuple[object, bool, bool]:
        output = known(value)
        assert isinstance(output, pulumi.Output)
        return await output.future(), await output.is_known(), await output.is_secret()

    assert asyncio.run(resolved()) == (value, True, False)
