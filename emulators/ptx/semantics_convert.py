"""Conversions between numbers: rounding, and what happens beyond a type's range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, semantics
from clawc.emulators.ptx.semantics_float import MODES
from clawc.emulators.ptx.values import (
    BITS,
    Array,
    canonical,
    dtype_of,
    flushed,
    is_float,
    limits,
    rounded,
    rounded_bf16,
    saturated,
    widened_bf16,
)

INTEGERS = ("s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64")
_TO_INTEGRAL: dict[str, Callable[[Array], Array]] = {
    "rni": np.rint,
    "rzi": np.trunc,
    "rmi": np.floor,
    "rpi": np.ceil,
}


@semantics("cvt")
def convert(op: Opcode) -> Semantics:
    source, target = op.type(), op.type()
    if is_float(source):
        return (
            _float_to_float(op, source, target)
            if is_float(target)
            else _to_integer(op, source, target)
        )
    if source not in INTEGERS:
        raise op.unknown()
    return _from_integer(op, source, target) if is_float(target) else _integers(op, source, target)


def _value(x: Array, type_: str) -> Array:
    return widened_bf16(x) if type_ == "bf16" else x


def _float_to_float(op: Opcode, source: str, target: str) -> Semantics:
    mode = op.one_of(*_TO_INTEGRAL, *MODES, "rna", default="none")
    flush, saturate, relu = op.flag("ftz"), op.flag("sat"), op.flag("relu")
    if target == "tf32":
        if source != "f32" or mode not in ("rna", "rn", "rz") or saturate or relu or flush:
            raise op.unknown()
        return Semantics("b32", ("b32",), lambda bits: _tf32(bits, mode))
    narrowing = BITS[target] < BITS[source]
    if source == "tf32" or mode == "rna" or narrowing != (mode in MODES) and mode != "none":
        if not (mode in _TO_INTEGRAL and source == target) and {source, target} != {"f16", "bf16"}:
            raise op.unknown()
    if narrowing and mode == "none":
        raise op.unknown()

    def compute(x: Array) -> Array:
        x = _value(x, source)
        if flush and x.dtype == np.float32:
            x = flushed(x)
        if mode in _TO_INTEGRAL:
            x = _TO_INTEGRAL[mode](x)
        if saturate:
            x = saturated(x)
        if relu:
            x = np.where(np.isnan(x), x, np.maximum(x, x.dtype.type(0)))
        direction = mode if mode in MODES else "rn"
        if target == "bf16":
            return rounded_bf16(x.astype(np.float64), direction)
        x = canonical(rounded(x.astype(np.float64), dtype_of(target), direction))
        return flushed(x) if flush and target == "f32" else x

    return Semantics(target, (source,), compute)


def _tf32(bits: Array, mode: str) -> Array:
    """10 bits of fraction are kept; the rest of the register is zero."""
    kept = np.uint32(0xFFFFE000)
    if mode == "rz":
        return bits & kept
    half = np.uint32(0xFFF) + ((bits >> np.uint32(13)) & np.uint32(1))
    added = np.uint32(0x1000) if mode == "rna" else half
    exponent = np.uint32(0x7F800000)
    special = bits & exponent == exponent
    return np.where(special, bits & kept, (bits + added) & kept)


def _to_integer(op: Opcode, source: str, target: str) -> Semantics:
    """Beyond the range its end; NaN is 0, or the highest bit alone if f64 or 64 bits take part."""
    if target not in INTEGERS:
        raise op.unknown()
    to_integral = _TO_INTEGRAL[op.one_of(*_TO_INTEGRAL)]
    flush = op.flag("ftz")
    op.flag("sat")  # conversions to integers saturate anyway
    dtype = dtype_of(target)
    low, high = limits(target)
    wide = source == "f64" or BITS[target] == 64
    nan = np.array([1 << BITS[target] - 1 if wide else 0], np.uint64).astype(dtype)
    above = float(high) + 1 if BITS[target] < 64 else 2.0 ** (63 if target == "s64" else 64)

    def compute(x: Array) -> Array:
        x = _value(x, source)
        whole = to_integral(
            (flushed(x) if flush and x.dtype == np.float32 else x).astype(np.float64)
        )
        inside = (whole > low) & (whole < above)
        found = np.where(inside, whole, 0).astype(dtype)
        found = np.where(whole >= above, dtype(high), np.where(whole <= low, dtype(low), found))
        return np.where(np.isnan(whole), nan, found)

    return Semantics(target, (source,), compute)


def _from_integer(op: Opcode, source: str, target: str) -> Semantics:
    mode = op.one_of(*MODES)
    if target == "tf32":
        raise op.unknown()
    saturate = op.flag("sat")

    def compute(x: Array) -> Array:
        exact = x.astype(np.longdouble if BITS[source] == 64 else np.float64)
        if target == "bf16":
            return rounded_bf16(exact, mode)
        result = rounded(exact, dtype_of(target), mode)
        return saturated(result) if saturate else result

    return Semantics(target, (source,), compute)


def _integers(op: Opcode, source: str, target: str) -> Semantics:
    if target not in INTEGERS:
        raise op.unknown()
    dtype = dtype_of(target)
    if not op.flag("sat"):
        return Semantics(target, (source,), lambda x: x.astype(dtype))
    (low, high), (least, most) = limits(target), limits(source)
    return Semantics(
        target, (source,), lambda x: np.clip(x, max(low, least), min(high, most)).astype(dtype)
    )
