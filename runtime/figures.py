"""Figures: what a kernel is estimated to take, as expressions over the scalars of a launch.

A figure is an int, ("scalar", position), or (operator, figure, figure).  Conditions compare two of
them, and combine with "and", "or" and "not"; ("select", condition, figure, figure) is one or the
other.  The compiler keeps them small, so that nothing here minds their depth.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

Figure = int | tuple
Condition = tuple


def _quotient(a: int, b: int) -> int:
    """Rounded toward zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


OPERATORS: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floordiv": operator.floordiv,
    "ceildiv": lambda a, b: -(-a // b),
    "quotient": _quotient,
    "mod": operator.mod,
    "or": operator.or_,
    "max": max,
    "min": min,
}
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def evaluate(figure: Figure, scalars: Sequence[int]) -> int:
    """The value of `figure` for a launch with these scalars."""
    if isinstance(figure, int):
        return figure
    name, *rest = figure
    if name == "scalar":
        return scalars[rest[0]]
    if name == "select":
        condition, yes, no = rest
        return evaluate(yes if holds(condition, scalars) else no, scalars)
    left, right = rest
    return OPERATORS[name](evaluate(left, scalars), evaluate(right, scalars))


def holds(condition: Condition, scalars: Sequence[int]) -> bool:
    """Whether `condition` is true for a launch with these scalars."""
    name, *rest = condition
    if name == "and":
        return all(holds(part, scalars) for part in rest)
    if name == "or":
        return any(holds(part, scalars) for part in rest)
    if name == "not":
        return not holds(rest[0], scalars)
    left, right = rest
    return COMPARISONS[name](evaluate(left, scalars), evaluate(right, scalars))
