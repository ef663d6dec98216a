"""Bounds of indices: what two numbers within bounds make is within the result's."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawc.targets.estimates.index_values import (
    Index,
    of_difference,
    of_least,
    of_product,
    of_sum,
)

RULES = {
    of_sum: lambda a, b: a + b,
    of_difference: lambda a, b: a - b,
    of_product: lambda a, b: a * b,
    of_least: min,
}
numbers = st.integers(-40, 40)


def within(number: int, below: int | None, above: int | None) -> Index:
    """Bounds around a number, or none."""
    low = -math.inf if below is None else number - below
    return Index(None, None, low, math.inf if above is None else number + above, None)


@pytest.mark.parametrize("rule", RULES)
@given(st.data())
def test_results_are_within_bounds(rule, data):
    distance = st.none() | st.integers(0, 9)
    a, b = data.draw(numbers), data.draw(numbers)
    bounds = [within(n, data.draw(distance), data.draw(distance)) for n in (a, b)]
    low, high = rule(*bounds)
    assert low <= RULES[rule](a, b) <= high
