"""What changes nothing when it is combined, by the kind of combination (`COMBINING` in body)."""

from __future__ import annotations

from math import inf

from mlir import ir

_NEUTRAL = {"add": 0, "mul": 1, "or": 0, "and": -1, "maxui": 0, "minui": -1}
_LOWEST = ("maximumf", "maxnumf", "maxsi")


def neutral(kind: str, type_: ir.Type) -> float | int:
    """Of elements of a type."""
    if kind in _NEUTRAL:
        return _NEUTRAL[kind]
    lowest = kind in _LOWEST
    if isinstance(type_, ir.FloatType):
        return -inf if lowest else inf
    width = ir.IntegerType(type_).width
    return -(1 << (width - 1)) if lowest else (1 << (width - 1)) - 1
