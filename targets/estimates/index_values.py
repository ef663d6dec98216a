"""What is known about an index of a kernel before the kernel runs, and rules of its bounds.

Uniform values are numbers, others arrays over the threads of the workgroup.  Bounds hold whatever
the workgroup and the round of a loop, so that a mask at the edge of the data counts as if the tile
were whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from clawc.runtime.figures import Condition, Figure

AMPLE = 1 << 12  # elements: a multiple of every tile's sides
_WORD = 63  # bits beside the sign
Number = int | float | np.ndarray
Bounds = tuple[Number, Number]


@dataclass(slots=True)
class Index:
    """`size` is an expression over the launch's scalars, if the index depends on nothing else, and
    `most` one that it does not exceed.  `sample` is its value in the first workgroup and the first
    round of each loop where all sizes are `AMPLE`; None if it depends on data."""

    size: Figure | None
    most: Figure | None
    low: Number
    high: Number
    sample: Number | None

    @property
    def exact(self) -> bool:
        """Whether it is the same in every workgroup, and known for each thread."""
        return self.low is self.high


@dataclass(slots=True)
class Truth:
    """A condition: `over_sizes`, if over nothing else; for which threads it may hold and may fail;
    and its sample, as of an index."""

    over_sizes: Condition | None
    may_hold: bool | np.ndarray
    may_fail: bool | np.ndarray
    sample: bool | np.ndarray | None


UNKNOWN = Index(None, None, -math.inf, math.inf, None)
OPEN = Truth(None, True, True, None)


def number(value: int) -> Index:
    return Index(value, value, value, value, value)


def scalar(position: int) -> Index:
    """The launch's scalar at a position: a size, not negative."""
    size = ("scalar", position)
    return Index(size, size, 0, math.inf, AMPLE)


def of_threads(values: np.ndarray) -> Index:
    """The same in every workgroup."""
    return Index(None, int(values.max()), values, values, values)


def workgroup() -> Index:
    return Index(None, None, 0, math.inf, 0)


def counted(first: Index, end: Index) -> Index:
    """The variable of a loop from `first` up to `end`."""
    return Index(None, end.most, first.low, end.high - 1, first.sample)


def within_word(value: Number) -> Number | None:
    """The number, if it is one of 64 bits: others wrap, and grow with each product."""
    return None if isinstance(value, int) and value.bit_length() > _WORD else value


def endless(bound: Number) -> Number:
    """The bound, or none where it is no number of 64 bits."""
    if within_word(bound) is None:
        return math.inf if bound > 0 else -math.inf
    return bound


# Bounds of results
def of_sum(a: Index, b: Index) -> Bounds:
    return a.low + b.low, a.high + b.high


def of_difference(a: Index, b: Index) -> Bounds:
    return a.low - b.high, a.high - b.low


def of_product(a: Index, b: Index) -> Bounds:
    corners = [_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return reduce(np.minimum, corners), reduce(np.maximum, corners)


def _times(a: Number, b: Number) -> Number:
    """Nothing times what has no bound is nothing."""
    with np.errstate(invalid="ignore"):
        return np.where(np.equal(a, 0) | np.equal(b, 0), 0, np.multiply(a, b))


def of_quotient(a: Index, b: Index) -> Bounds:
    with np.errstate(invalid="ignore"):
        high = np.floor_divide(a.high, np.maximum(b.low, 1))
    return 0, np.where(np.isinf(a.high), math.inf, high)


def of_remainder(a: Index, b: Index) -> Bounds:
    return 0, np.minimum(a.high, np.subtract(b.high, 1))


def of_least(a: Index, b: Index) -> Bounds:
    return np.minimum(a.low, b.low), np.minimum(a.high, b.high)


def of_greatest(a: Index, b: Index) -> Bounds:
    return np.maximum(a.low, b.low), np.maximum(a.high, b.high)


def of_conjunction(a: Index, b: Index) -> Bounds:
    """Of the bits of both."""
    return 0, np.minimum(a.high, b.high)


def of_disjunction(a: Index, b: Index) -> Bounds:
    """Of the bits of either: no more than the sum."""
    return np.maximum(a.low, b.low), a.high + b.high


def of_ceiling(a: Index, b: Index) -> Bounds:
    return 0, a.high


def of_shift_right(a: Index, b: Index) -> Bounds:
    return 0, a.high


def of_shift_left(a: Index, b: Index) -> Bounds:
    return a.low, math.inf


# Where a comparison may hold
MAY_HOLD: dict[str, Callable[[Index, Index], bool | np.ndarray]] = {
    "lt": lambda a, b: a.low < b.high,
    "le": lambda a, b: a.low <= b.high,
    "gt": lambda a, b: a.high > b.low,
    "ge": lambda a, b: a.high >= b.low,
    "eq": lambda a, b: np.logical_and(a.low <= b.high, a.high >= b.low),
    "ne": lambda a, b: np.logical_not(
        np.logical_and(np.equal(a.low, b.high), np.equal(a.high, b.low))
    ),
}
