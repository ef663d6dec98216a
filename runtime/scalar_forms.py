"""The forms of a launch plan's scalar operations: how many operands, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from clawc.runtime.scalar_types import Number, bits, rounded, unsigned, wrapped


class Operation(NamedTuple):
    """How many operands it takes, and what it computes of them: `compute(taken, made, *operands)`
    with the type of the last operand and that of the result."""

    operands: int
    compute: Callable[..., Number]


Of = Callable[..., Any]


def on_signed(operands: int, of: Of) -> Operation:
    """Of integers with their sign; the result wraps."""
    return Operation(operands, lambda taken, made, *x: wrapped(of(*x), made))


def on_unsigned(operands: int, of: Of) -> Operation:
    """Of integers from 0; the result wraps."""

    def compute(taken: str, made: str, *x: int) -> int:
        return wrapped(of(*(unsigned(value, taken) for value in x)), made)

    return Operation(operands, compute)


def on_bits(operands: int, of: Of) -> Operation:
    """Of integers and how many bits they have."""
    return Operation(operands, lambda taken, made, *x: wrapped(of(bits(taken), *x), made))


def on_reals(operands: int, of: Of) -> Operation:
    """Of numbers in binary64, or exact; the result is rounded to its type."""

    def compute(taken: str, made: str, *x: float) -> float:
        with np.errstate(all="ignore"):
            value = of(*x)
        return rounded(value if isinstance(value, Fraction) else float(value), made)

    return Operation(operands, compute)


def on_truth(operands: int, of: Of) -> Operation:
    """A truth value."""
    return Operation(operands, lambda taken, made, *x: -bool(of(*x)))
