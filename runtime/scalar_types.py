"""The scalar types of a launch plan: how Python's numbers stand for MLIR's.

An integer of any width is a Python int within its type's signed range; a true i1 is -1, as its one
bit is the sign.  A float is a Python float that its type has exactly.  `index` has 64 bits.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from clawc.chips.dtypes import DTYPES

Number = int | float


class Format(NamedTuple):
    """A binary float: its digits, with the one before the point, and its range of exponents."""

    digits: int
    least: int
    largest: int


FORMATS = {
    "f16": Format(11, -14, 15),
    "bf16": Format(8, -126, 127),
    "f32": Format(24, -126, 127),
    "f64": Format(53, -1022, 1023),
}


def is_type(name: object) -> bool:
    """Whether a plan may hold scalars of the type."""
    if not isinstance(name, str):
        return False
    width = name[1:]
    wide = name[:1] == "i" and width.isascii() and width.isdigit() and 0 < int(width[:5]) <= 128
    return name == "index" or name in FORMATS or wide


def is_float(type_: str) -> bool:
    return type_ in FORMATS


def bits(type_: str) -> int:
    """The width of an integer type."""
    return 64 if type_ == "index" else int(type_[1:])


def wrapped(value: int, type_: str) -> int:
    """The integer of the type with the same low bits."""
    half = 1 << (bits(type_) - 1)
    return value if -half <= value < half else (value + half) % (2 * half) - half


def unsigned(value: int, type_: str) -> int:
    """The number that the bits are without a sign."""
    return value & ((1 << bits(type_)) - 1)


def rounded(value: float | Fraction, type_: str) -> float:
    """The nearest float of the type, of two as near the even one."""
    digits, least, largest = FORMATS[type_]
    if isinstance(value, float):
        if digits == 53 or value == 0 or not math.isfinite(value):
            return value
        value = Fraction(value)
    if value == 0:
        return 0.0
    above = value.numerator.bit_length() - value.denominator.bit_length()
    exponent = above if abs(value) >= Fraction(2) ** above else above - 1
    unit = Fraction(2) ** (max(exponent, least) - digits + 1)
    near = round(value / unit) * unit
    if abs(near) >= Fraction(2) ** (largest + 1):
        return math.copysign(math.inf, value)
    return math.copysign(float(near), value)


def nearest_integer(value: float, low: int, high: int) -> int:
    """Rounded toward zero; what is below or above becomes `low` or `high`, and not-a-number 0."""
    if math.isnan(value):
        return 0
    if math.isinf(value):
        return high if value > 0 else low
    return min(max(int(value), low), high)


def dtype_of(type_: str) -> np.dtype:
    """The type as NumPy has it."""
    return DTYPES["i64" if type_ == "index" else type_]


def from_numpy(value: np.ndarray | np.generic, type_: str) -> Number:
    """The number in an array of one element."""
    number = value.item() if value.dtype.kind in "biu" else float(value)
    return -number if type_ == "i1" else number


def to_numpy(value: Number, type_: str) -> np.ndarray:
    """An array of rank 0 that holds the number."""
    return np.array(value != 0 if type_ == "i1" else value, dtype_of(type_))
