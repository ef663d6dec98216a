"""What the scalar operations of a launch plan compute: MLIR's `arith` and `math`, by their names.

Floats are computed in binary64 and rounded once more to their type.  For sums, products, quotients
and roots that is the type's own result, as binary64 has more than twice the digits of the narrower
types.  A second result is called `name#1`.

What MLIR leaves undefined has the result that it has in kernels (docs/arithmetic.md).
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from clawc.runtime.scalar_types import (
    FORMATS,
    Number,
    bits,
    is_float,
    nearest_integer,
    rounded,
    unsigned,
    wrapped,
)


class Operation(NamedTuple):
    """How many operands it takes, and what it computes of them: `compute(taken, made, *operands)`
    with the type of the last operand and that of the result."""

    operands: int
    compute: Callable[..., Number]


_Of = Callable[..., Any]


def _signed(operands: int, of: _Of) -> Operation:
    return Operation(operands, lambda taken, made, *x: wrapped(of(*x), made))


def _unsigned(operands: int, of: _Of) -> Operation:
    def compute(taken: str, made: str, *x: int) -> int:
        return wrapped(of(*(unsigned(value, taken) for value in x)), made)

    return Operation(operands, compute)


def _bits(operands: int, of: _Of) -> Operation:
    """Of integers and how many bits they have."""
    return Operation(operands, lambda taken, made, *x: wrapped(of(bits(taken), *x), made))


def _real(operands: int, of: _Of) -> Operation:
    def compute(taken: str, made: str, *x: float) -> float:
        with np.errstate(all="ignore"):
            value = of(*x)
        return rounded(value if isinstance(value, Fraction) else float(value), made)

    return Operation(operands, compute)


def _test(operands: int, of: _Of) -> Operation:
    """A truth value."""
    return Operation(operands, lambda taken, made, *x: -bool(of(*x)))


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
    "arith.addi": _signed(2, operator.add),
    "arith.subi": _signed(2, operator.sub),
    "arith.muli": _signed(2, operator.mul),
    "arith.divsi": _signed(2, _quotient),
    "arith.divui": _unsigned(2, _floor),
    "arith.floordivsi": _signed(2, _floor),
    "arith.ceildivsi": _signed(2, _ceiling),
    "arith.ceildivui": _unsigned(2, _ceiling),
    "arith.remsi": _signed(2, _remainder),
    "arith.remui": _unsigned(2, _remainder),
    "arith.andi": _signed(2, operator.and_),
    "arith.ori": _signed(2, operator.or_),
    "arith.xori": _signed(2, operator.xor),
    "arith.maxsi": _signed(2, max),
    "arith.minsi": _signed(2, min),
    "arith.maxui": _unsigned(2, max),
    "arith.minui": _unsigned(2, min),
    "arith.shli": _bits(2, _shift(operator.lshift)),
    "arith.shrsi": _bits(2, _shift(operator.rshift)),
    "arith.shrui": _bits(2, lambda n, a, by: _shift(operator.rshift)(n, _without_sign(n, a), by)),
    "arith.addui_extended": _signed(2, operator.add),
    "arith.addui_extended#1": Operation(
        2, lambda taken, made, a, b: -((unsigned(a, taken) + unsigned(b, taken)) >> bits(taken))
    ),
    "arith.mulsi_extended": _signed(2, operator.mul),
    "arith.mulsi_extended#1": _bits(2, lambda n, a, b: (a * b) >> n),
    "arith.mului_extended": _signed(2, operator.mul),
    "arith.mului_extended#1": _bits(
        2, lambda n, a, b: (_without_sign(n, a) * _without_sign(n, b)) >> n
    ),
    "math.absi": _signed(1, abs),
    "math.ipowi": _bits(2, _power),
    "math.ctpop": _unsigned(1, int.bit_count),
    "math.ctlz": _bits(1, lambda n, a: n - _without_sign(n, a).bit_length()),
    "math.cttz": _bits(1, _trailing_zeros),
}


# Floats
def _larger(a: float, b: float) -> float:
    """Plus zero is larger than minus zero."""
    return max(a, b, key=lambda x: (x, math.copysign(1, x)))


def _smaller(a: float, b: float) -> float:
    return -_larger(-a, -b)


def _propagating(choose: _Of) -> _Of:
    return lambda a, b: math.nan if a != a or b != b else choose(a, b)


def _numeric(choose: _Of) -> _Of:
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
    "arith.addf": _real(2, np.add),
    "arith.subf": _real(2, np.subtract),
    "arith.mulf": _real(2, np.multiply),
    "arith.divf": _real(2, np.divide),
    "arith.remf": _real(2, np.fmod),
    "arith.negf": _real(1, np.negative),
    "arith.maximumf": _real(2, _propagating(_larger)),
    "arith.minimumf": _real(2, _propagating(_smaller)),
    "arith.maxnumf": _real(2, _numeric(_larger)),
    "arith.minnumf": _real(2, _numeric(_smaller)),
    "math.fma": _real(3, _fused),
    "math.round": _real(1, _away),
    "math.rsqrt": _real(1, lambda x: np.divide(1.0, np.sqrt(x))),
    "math.erf": _real(1, math.erf),
    "math.erfc": _real(1, math.erfc),
    "math.powf": _real(2, np.power),
    "math.fpowi": _real(2, lambda x, n: np.power(x, float(n))),
    "math.atan2": _real(2, np.arctan2),
    "math.copysign": _real(2, np.copysign),
    "math.sincos": _real(1, np.sin),
    "math.sincos#1": _real(1, np.cos),
    "math.isnan": _test(1, math.isnan),
    "math.isinf": _test(1, math.isinf),
    "math.isfinite": _test(1, math.isfinite),
    "math.isnormal": Operation(1, _is_normal),
} | {
    f"math.{name}": _real(1, of)
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

# Comparisons, in the order of MLIR's predicates.
_ORDERS = {
    "eq": operator.eq,
    "ne": operator.ne,
    **{"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge},
}
INTEGER_PREDICATES = ("eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge")
FLOAT_PREDICATES = (
    *("false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord"),
    *("ueq", "ugt", "uge", "ult", "ule", "une", "uno", "true"),
)


def _compared_integers(predicate: str) -> Operation:
    order = _ORDERS[predicate[-2:]]
    if predicate[0] == "u":

        def compute(taken: str, made: str, a: int, b: int) -> int:
            return -order(unsigned(a, taken), unsigned(b, taken))

        return Operation(2, compute)
    return _test(2, order)


def _compared_floats(predicate: str) -> Operation:
    if predicate in ("false", "true"):
        return _test(2, lambda a, b: predicate == "true")
    unordered = predicate[0] == "u"
    order = _ORDERS.get(predicate[1:], lambda a, b: predicate == "ord")
    return _test(2, lambda a, b: unordered if a != a or b != b else order(a, b))


_COMPARISONS = {
    **{f"arith.cmpi.{p}": _compared_integers(p) for p in INTEGER_PREDICATES},
    **{f"arith.cmpf.{p}": _compared_floats(p) for p in FLOAT_PREDICATES},
}


# Conversions
def _to_integer(taken: str, made: str, x: float) -> int:
    if made == "i1":
        return -(nearest_integer(x, -1, 1) != 0)
    half = 1 << (bits(made) - 1)
    return nearest_integer(x, -half, half - 1)


def _to_unsigned(taken: str, made: str, x: float) -> int:
    return wrapped(nearest_integer(x, 0, 2 * (1 << (bits(made) - 1)) - 1), made)


_CODES = {"f16": "e", "f32": "f", "f64": "d"}


def _bitcast(taken: str, made: str, x: Number) -> Number:
    """The same bits; those of a bf16 are the upper half of an f32's."""
    if is_float(taken):
        code = _CODES.get(taken, "f")
        raw = int.from_bytes(struct.pack(f"<{code}", x), "little") >> (16 if taken == "bf16" else 0)
    else:
        raw = unsigned(int(x), taken)
    if not is_float(made):
        return wrapped(raw, made)
    code = _CODES.get(made, "f")
    raw <<= 16 if made == "bf16" else 0
    return struct.unpack(f"<{code}", raw.to_bytes(struct.calcsize(code), "little"))[0]


def _kept(taken: str, made: str, x: int) -> int:
    return wrapped(x, made)


def _kept_unsigned(taken: str, made: str, x: int) -> int:
    return wrapped(unsigned(x, taken), made)


_CONVERSIONS = {
    **{name: Operation(1, _kept) for name in ("arith.extsi", "arith.trunci", "arith.index_cast")},
    **{name: Operation(1, _kept_unsigned) for name in ("arith.extui", "arith.index_castui")},
    **{name: _real(1, float) for name in ("arith.extf", "arith.truncf")},
    "arith.sitofp": _real(1, Fraction),
    "arith.uitofp": Operation(1, lambda t, made, x: rounded(Fraction(unsigned(x, t)), made)),
    "arith.fptosi": Operation(1, _to_integer),
    "arith.fptoui": Operation(1, _to_unsigned),
    "arith.bitcast": Operation(1, _bitcast),
    "arith.select": Operation(3, lambda taken, made, c, yes, no: yes if c else no),
}

OPERATIONS = {**_INTEGERS, **_FLOATS, **_COMPARISONS, **_CONVERSIONS}
