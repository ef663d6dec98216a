"""Which mathematical operations each target computes itself; all others become arithmetic.

An operation is here only if its code generation needs no library and its result is as good as ours:
exactly rounded, or exact, save for the 2^x of GPUs, whose two ULP buy a much shorter exponential.
"""

from __future__ import annotations

from clawc.chips.chip import Chip

_REALS = frozenset({"f32", "f64"})
_F32 = frozenset({"f32"})
_EXACT = {
    name: _REALS
    for name in ("absf", "ceil", "copysign", "floor", "fma", "roundeven", "sqrt", "trunc")
}
_COUNTS = {name: frozenset({"i8", "i16", "i32", "i64"}) for name in ("ctlz", "ctpop", "cttz")}

NATIVE: dict[str, dict[str, frozenset[str]]] = {
    "host": _EXACT | _COUNTS,
    "nvptx": _EXACT | _COUNTS | {"exp2": _F32},
    "amdgpu": _EXACT | _COUNTS | {"exp2": _F32},
    "spirv": _EXACT,
}


def is_native(chip: Chip, name: str, element: str) -> bool:
    """Whether `math.name` on `element`s stays as it is for `chip`."""
    return element in NATIVE[chip.target].get(name, ())
