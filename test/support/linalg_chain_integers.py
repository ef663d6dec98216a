"""Integer operations whose results MLIR leaves undefined for some operands, as docs/arithmetic.md
defines them: divisions by any number, shifts by any amount, conversions of what does not fit.

Arrays are of int64 and hold what an integer type of at most 64 bits holds, signed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from linalg_chain import BITS

Evaluate = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def _floor(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quotient rounded down, and the rest; 0 and 0 by 0, -a (which wraps) and 0 by -1."""
    usual = (b != 0) & (b != -1)
    divisor = np.where(usual, b, 1)
    quotient = np.where(usual, a // divisor, np.where(b == 0, 0, -a))
    return quotient, np.where(usual, a - (a // divisor) * divisor, 0)


def _signed(a: np.ndarray, b: np.ndarray, up: Callable) -> np.ndarray:
    quotient, rest = _floor(a, b)
    return quotient + ((rest != 0) & up(a, b))


def _divided(a: np.ndarray, b: np.ndarray, _: int) -> np.ndarray:
    return _signed(a, b, lambda a, b: (a < 0) != (b < 0))


def _remainder(a: np.ndarray, b: np.ndarray, bits: int) -> np.ndarray:
    return np.where(b == 0, 0, a - _divided(a, b, bits) * b)


def unsigned(a: np.ndarray, bits: int) -> np.ndarray:
    """The bits as uint64."""
    return np.asarray(a, np.int64).astype(np.uint64) & np.uint64(2**bits - 1)


def _by(combine: Callable) -> Evaluate:
    """`combine` of unsigned numbers; 0 where the second is 0."""

    def evaluate(a: np.ndarray, b: np.ndarray, bits: int) -> np.ndarray:
        left, right = np.broadcast_arrays(unsigned(a, bits), unsigned(b, bits))
        one = np.where(right == 0, np.uint64(1), right)
        return np.where(right == 0, 0, combine(left, one)).astype(np.uint64).astype(np.int64)

    return evaluate


def _shifted(shift: Callable, beyond: Callable) -> Evaluate:
    """`shift` by less than the width, else `beyond`."""

    def evaluate(a: np.ndarray, b: np.ndarray, bits: int) -> np.ndarray:
        amount = unsigned(b, bits)
        fits = amount < bits
        by = np.where(fits, amount, 0).astype(np.int64)
        return np.where(fits, shift(a, by, bits), beyond(a))

    return evaluate


def _logical(a: np.ndarray, by: np.ndarray, bits: int) -> np.ndarray:
    return (unsigned(a, bits) >> by.astype(np.uint64)).astype(np.int64)


OPERATIONS: dict[str, Evaluate] = {
    "divsi": _divided,
    "remsi": _remainder,
    "floordivsi": lambda a, b, _: _floor(a, b)[0],
    "ceildivsi": lambda a, b, _: _signed(
        a, b, lambda a, b: np.full(np.broadcast(a, b).shape, True)
    ),
    "divui": _by(np.floor_divide),
    "remui": _by(np.remainder),
    "ceildivui": _by(lambda a, b: a // b + (a % b != 0)),
    "shli": _shifted(lambda a, by, _: a << by, np.zeros_like),
    "shrsi": _shifted(lambda a, by, _: a >> by, lambda a: np.where(a < 0, -1, 0)),
    "shrui": _shifted(_logical, np.zeros_like),
}


def saturated(array: np.ndarray, dtype: str) -> np.ndarray:
    """Floats, which are integers, as the nearest that the integer type has."""
    last = 2 ** (BITS[dtype] - 1)
    inside = np.clip(array, -last, last - 1).astype(np.int64)
    return np.where(array >= last, last - 1, np.where(array <= -last, -last, inside))
