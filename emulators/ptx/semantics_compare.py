"""Comparisons and choices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, semantics
from clawc.emulators.ptx.semantics_half import widened
from clawc.emulators.ptx.values import BITS, Array, dtype_of, flushed, halves

_ORDERED: dict[str, Callable[[Array, Array], Array]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_UNSIGNED = {"lo": np.less, "ls": np.less_equal, "hi": np.greater, "hs": np.greater_equal}
_BOOLEAN = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}
_FLOATS = ("f16", "bf16", "f32", "f64")
_PAIRS = ("f16x2", "bf16x2")
Comparison = Callable[[Array, Array], Array]


def comparison(op: Opcode, type_: str) -> Comparison:
    """Takes the modifiers between the comparison and the type."""
    if type_ not in _FLOATS:
        return {**_ORDERED, **_UNSIGNED}[op.one_of(*_ORDERED, *_UNSIGNED)]
    unordered = [f"{name}u" for name in _ORDERED]
    name = op.one_of(*_ORDERED, *unordered, "num", "nan")
    flush = op.flag("ftz")
    if flush and type_ != "f32":
        raise op.unknown()

    def compute(a: Array, b: Array) -> Array:
        if type_ == "bf16":
            a, b = widened(a, type_), widened(b, type_)
        elif flush:
            a, b = flushed(a), flushed(b)
        nan = np.isnan(a) | np.isnan(b)
        if name in ("num", "nan"):
            return nan if name == "nan" else ~nan
        found = _ORDERED[name[:2]](a, b)
        return found | nan if name in unordered else found & ~nan

    return compute


@semantics("setp")
def compare(op: Opcode) -> Semantics:
    """Two results: the comparison, and its contrary; or, of pairs, that of the low halves and that
    of the high ones.  Each is combined with a predicate if there is an `and`, `or` or `xor`."""
    type_ = op.type()
    if type_ in _PAIRS:
        element = type_.removesuffix("x2")
        both, type_ = _of_halves(comparison(op, element), element), "b32"
    elif type_ not in _FLOATS and (type_ not in BITS or "x" in type_ or BITS[type_] == 8):
        raise op.unknown()
    else:
        both = _with_contrary(comparison(op, type_))
    name = op.one_of(*_BOOLEAN, default="none")
    if name == "none":
        return Semantics(("pred", "pred"), (type_, type_), both)
    combine = _BOOLEAN[name]

    def combined(a: Array, b: Array, other: Array) -> tuple[Array, Array]:
        first, second = both(a, b)
        return combine(first, other), combine(second, other)

    return Semantics(("pred", "pred"), (type_, type_, "pred"), combined)


def _with_contrary(compute: Comparison) -> Callable[[Array, Array], tuple[Array, Array]]:
    def both(a: Array, b: Array) -> tuple[Array, Array]:
        found = compute(a, b)
        return found, ~found

    return both


def _of_halves(compute: Comparison, element: str) -> Callable[[Array, Array], tuple[Array, Array]]:
    def both(a: Array, b: Array) -> tuple[Array, Array]:
        low, high = zip(halves(a), halves(b), strict=True)
        if element == "f16":
            low, high = (tuple(x.view(np.float16) for x in pair) for pair in (low, high))
        return compute(*low), compute(*high)

    return both


@semantics("set")
def compare_to_number(op: Opcode) -> Semantics:
    source, target = op.type(), op.type()
    if target not in ("u32", "s32", "f32"):
        raise op.unknown()
    compute = comparison(op, source)
    true = np.array([1.0] if target == "f32" else [-1]).astype(dtype_of(target))
    return Semantics(
        target, (source, source), lambda a, b: np.where(compute(a, b), true, true.dtype.type(0))
    )


@semantics("selp")
def select(op: Opcode) -> Semantics:
    type_ = op.type()
    if BITS[type_] < 16 or type_.endswith("x2"):
        raise op.unknown()
    bits = f"b{BITS[type_]}"
    return Semantics(bits, (bits, bits, "pred"), lambda a, b, p: np.where(p, a, b))


@semantics("slct")
def select_by_sign(op: Opcode) -> Semantics:
    sign_type = op.type()
    if sign_type not in ("s32", "f32"):
        raise op.unknown()
    flush = op.flag("ftz")
    type_ = op.type()
    bits = f"b{BITS[type_]}"

    def compute(a: Array, b: Array, sign: Array) -> Array:
        return np.where((flushed(sign) if flush else sign) >= 0, a, b)

    return Semantics(bits, (bits, bits, sign_type), compute)
