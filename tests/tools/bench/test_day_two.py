"""What following logs costs, by a clock that jumps."""

import pytest

from tools.bench.day_two import calls_a_second


@pytest.mark.parametrize("pages", [1, 2, 4, 30])
def test_following_costs_less_than_a_call_a_second_for_each_group(pages: int) -> None:
    assert 0.1 < calls_a_second(pages) < 1
