"""What the scalar operations of a plan take and give: integers, or floats."""

from __future__ import annotations

from typing import Any

from clawc.runtime.scalar_operations import OPERATIONS
from clawc.runtime.scalar_types import is_float, is_type

INTEGER, FLOAT = "an integer", "a float"
_EITHER = ("arith.select", "arith.bitcast")
_OTHERS = {
    **dict.fromkeys(("arith.sitofp", "arith.uitofp"), (INTEGER, FLOAT)),
    **dict.fromkeys(("arith.fptosi", "arith.fptoui"), (FLOAT, INTEGER)),
    **{f"math.{name}": (FLOAT, INTEGER) for name in ("isnan", "isinf", "isfinite", "isnormal")},
    **{f"math.{name}": (INTEGER, INTEGER) for name in ("absi", "ipowi", "ctpop", "ctlz", "cttz")},
}


def kind_of(dtype: Any) -> str:
    """What a scalar of the type is.  Raises ValueError where there is no such type."""
    if not is_type(dtype):
        raise ValueError(f"the unknown type {dtype!r}")
    return FLOAT if is_float(dtype) else INTEGER


def operands_of(name: str, types: tuple[str, str]) -> list[str]:
    """What an operation with these types of its last operand and result takes.  Raises ValueError
    where it has no such types."""
    taken, made = map(kind_of, types)
    if name == "arith.select":
        return [INTEGER, taken, taken]
    if name == "math.fpowi":
        return [FLOAT, INTEGER]
    if name not in _EITHER and (taken, made) != takes_and_gives(name):
        raise ValueError(f"{name} takes no {types[0]} and gives {types[1]}")
    return [taken] * OPERATIONS[name].operands


def takes_and_gives(name: str) -> tuple[str, str]:
    """By the table, or as it is called: `addf` and all others of `math` are of floats."""
    if name in _OTHERS:
        return _OTHERS[name]
    word = name.split("#")[0]
    if word.startswith("arith.cmp"):
        return (FLOAT if "cmpf" in word else INTEGER), INTEGER
    kind = FLOAT if word.startswith("math.") or word.endswith("f") else INTEGER
    return kind, kind
