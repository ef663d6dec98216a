"""Comparisons and conversions among the scalar operations of a launch plan."""

from __future__ import annotations

import operator
import struct
from fractions import Fraction

from clawc.runtime.scalar_forms import Operation, on_reals, on_truth
from clawc.runtime.scalar_types import (
    Number,
    bits,
    is_float,
    nearest_integer,
    rounded,
    unsigned,
    wrapped,
)

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
    return on_truth(2, order)


def _compared_floats(predicate: str) -> Operation:
    if predicate in ("false", "true"):
        return on_truth(2, lambda a, b: predicate == "true")
    unordered = predicate[0] == "u"
    order = _ORDERS.get(predicate[1:], lambda a, b: predicate == "ord")
    return on_truth(2, lambda a, b: unordered if a != a or b != b else order(a, b))


COMPARISONS = {
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


CONVERSIONS = {
    **{name: Operation(1, _kept) for name in ("arith.extsi", "arith.trunci", "arith.index_cast")},
    **{name: Operation(1, _kept_unsigned) for name in ("arith.extui", "arith.index_castui")},
    **{name: on_reals(1, float) for name in ("arith.extf", "arith.truncf")},
    "arith.sitofp": on_reals(1, Fraction),
    "arith.uitofp": Operation(1, lambda t, made, x: rounded(Fraction(unsigned(x, t)), made)),
    "arith.fptosi": Operation(1, _to_integer),
    "arith.fptoui": Operation(1, _to_unsigned),
    "arith.bitcast": Operation(1, _bitcast),
    "arith.select": Operation(3, lambda taken, made, c, yes, no: yes if c else no),
}
