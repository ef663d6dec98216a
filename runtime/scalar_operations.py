"""What the scalar operations of a launch plan compute: MLIR's `arith` and `math`, by their names.

Floats are computed in binary64 and rounded once more to their type.  For sums, products, quotients
and roots that is the type's own result, as binary64 has more than twice the digits of the narrower
types.  A second result is called `name#1`.

What MLIR leaves undefined has the result that it has in kernels (docs/arithmetic.md).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from clawc.runtime.scalar_conversions import COMPARISONS, CONVERSIONS
from clawc.runtime.scalar_forms import (
    Of,
    Operation,
    on_bits,
    on_reals,
    on_signed,
    on_truth,
    on_unsigned,
)
from clawc.runtime.scalar_types import FORMATS, bits, unsigned


# Integers
def _floor(a: int, b: int) -> int:
    return a // b if b else 0


def _quotient(a: int, b: int) -> int:
    return _floor(abs(a), abs(b)) * (1 if (a < 0) == (b < 0) else -1)


def _remainder(a: int, b: int) -> int:
    return a - b * _quotient(a, b) if b else 0


def _ceiling(a: int, b: int) -> int:
    return -_floor(-a, b)


def _power(width: int, a: int, b: int) -> int:
    """With a negative exponent, the reciprocal rounded toward zero."""
    if b >= 0:
        return pow(a, b, 1 << width)
    return a ** (b % 2) if abs(a) == 1 else _quotient(1, a)


def _shift(of: Callable[[int, int], int]) -> Callable[[int, int, int], int]:
    """A shift by as many as it takes to lose all bits, or less."""

    def shifted(width: int, a: int, by: int) -> int:
        return of(a, min(by & ((1 << width) - 1), width))

    return shifted


def _without_sign(width: int, a: int) -> int:
    return a & ((1 << width) - 1)


def _trailing_zeros(width: int, a: int) -> int:
    return (a & -a).bit_length() - 1 if a else width


_INTEGERS: dict[str, Operation] = {
    "arith.addi": on_signed(2, operator.add),
    "arith.subi": on_signed(2, operator.sub),
    "arith.muli": on_signed(2, operator.mul),
    "arith.divsi": on_signed(2, _quotient),
    "arith.divui": on_unsigned(2, _floor),
    "arith.floordivsi": on_signed(2, _floor),
    "arith.ceildivsi": on_signed(2, _ceiling),
    "arith.ceildivui": on_unsigned(2, _ceiling),
    "arith.remsi": on_signed(2, _remainder),
    "arith.remui": on_unsigned(2, _remainder),
    "arith.andi": on_signed(2, operator.and_),
    "arith.ori": on_signed(2, operator.or_),
    "arith.xori": on_signed(2, operator.xor),
    "arith.maxsi": on_signed(2, max),
    "arith.minsi": on_signed(2, min),
    "arith.maxui": on_unsigned(2, max),
    "arith.minui": on_unsigned(2, min),
    "arith.shli": on_bits(2, _shift(operator.lshift)),
    "arith.shrsi": on_bits(2, _shift(operator.rshift)),
    "arith.shrui": on_bits(2, lambda n, a, by: _shift(operator.rshift)(n, _without_sign(n, a), by)),
    "arith.addui_extended": on_signed(2, operator.add),
    "arith.addui_extended#1": Operation(
        2, lambda taken, made, a, b: -((unsigned(a, taken) + unsigned(b, taken)) >> bits(taken))
    ),
    "arith.mulsi_extended": on_signed(2, operator.mul),
    "arith.mulsi_extended#1": on_bits(2, lambda n, a, b: (a * b) >> n),
    "arith.mului_extended": on_signed(2, operator.mul),
    "arith.mului_extended#1": on_bits(
        2, lambda n, a, b: (_without_sign(n, a) * _without_sign(n, b)) >> n
    ),
    "math.absi": on_signed(1, abs),
    "math.ipowi": on_bits(2, _power),
    "math.ctpop": on_unsigned(1, int.bit_count),
    "math.ctlz": on_bits(1, lambda n, a: n - _without_sign(n, a).bit_length()),
    "math.cttz": on_bits(1, _trailing_zeros),
}


# Floats
def _larger(a: float, b: float) -> float:
    """Plus zero is larger than minus zero."""
    return max(a, b, key=lambda x: (x, math.copysign(1, x)))


def _smaller(a: float, b: float) -> float:
    return -_larger(-a, -b)


def _propagating(choose: Of) -> Of:
    return lambda a, b: math.nan if a != a or b != b else choose(a, b)


def _numeric(choose: Of) -> Of:
    return lambda a, b: b if a != a else a if b != b else choose(a, b)


def _fused(a: float, b: float, c: float) -> float | Fraction:
    """Not rounded before the end."""
    if not all(map(math.isfinite, (a, b, c))) or a * b == 0:
        return np.add(np.multiply(a, b), c)
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    return exact if exact else 0.0


def _away(x: float) -> float:
    """Rounded, halves away from zero."""
    whole = np.floor(np.abs(x))
    return np.copysign(whole + (np.abs(x) - whole >= 0.5), x)


def _is_normal(taken: str, made: str, x: float) -> int:
    return -(math.isfinite(x) and abs(x) >= 2.0 ** FORMATS[taken].least)


_FLOATS: dict[str, Operation] = {
    "arith.addf": on_reals(2, np.add),
    "arith.subf": on_reals(2, np.subtract),
    "arith.mulf": on_reals(2, np.multiply),
    "arith.divf": on_reals(2, np.divide),
    "arith.remf": on_reals(2, np.fmod),
    "arith.negf": on_reals(1, np.negative),
    "arith.maximumf": on_reals(2, _propagating(_larger)),
    "arith.minimumf": on_reals(2, _propagating(_smaller)),
    "arith.maxnumf": on_reals(2, _numeric(_larger)),
    "arith.minnumf": on_reals(2, _numeric(_smaller)),
    "math.fma": on_reals(3, _fused),
    "math.round": on_reals(1, _away),
    "math.rsqrt": on_reals(1, lambda x: np.divide(1.0, np.sqrt(x))),
    "math.erf": on_reals(1, math.erf),
    "math.erfc": on_reals(1, math.erfc),
    "math.powf": on_reals(2, np.power),
    "math.fpowi": on_reals(2, lambda x, n: np.power(x, float(n))),
    "math.atan2": on_reals(2, np.arctan2),
    "math.copysign": on_reals(2, np.copysign),
    "math.sincos": on_reals(1, np.sin),
    "math.sincos#1": on_reals(1, np.cos),
    "math.isnan": on_truth(1, math.isnan),
    "math.isinf": on_truth(1, math.isinf),
    "math.isfinite": on_truth(1, math.isfinite),
    "math.isnormal": Operation(1, _is_normal),
} | {
    f"math.{name}": on_reals(1, of)
    for name, of in {
        **{"absf": np.abs, "ceil": np.ceil, "floor": np.floor, "trunc": np.trunc},
        **{"roundeven": np.rint, "sqrt": np.sqrt, "cbrt": np.cbrt},
        **{"exp": np.exp, "exp2": np.exp2, "expm1": np.expm1},
        **{"log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p},
        **{"sin": np.sin, "cos": np.cos, "tan": np.tan},
        **{"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan},
        **{"sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh},
        **{"asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh},
    }.items()
}

OPERATIONS = {**_INTEGERS, **_FLOATS, **COMPARISONS, **CONVERSIONS}
