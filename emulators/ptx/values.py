"""PTX's types as NumPy arrays, and its rounding: to nearest or directed, with denormals flushed.

A value of a floating type that NumPy has is an array of it; bf16 and packed pairs are their bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clawc.emulators.fma import exact_sum, to_odd

Array = np.ndarray
BITS = {
    "pred": 1,
    **{f"{kind}{bits}": bits for kind in "bsu" for bits in (8, 16, 32, 64)},
    **{"f16": 16, "bf16": 16, "f32": 32, "tf32": 32, "f64": 64, "b128": 128},
    **{"f16x2": 32, "bf16x2": 32, "s16x2": 32, "u16x2": 32, "e4m3x2": 16, "e5m2x2": 16},
    "f32x2": 64,
}
UNSIGNED: dict[int, Any] = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
SIGNED: dict[int, Any] = {8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}
FLOATS: dict[int, Any] = {16: np.float16, 32: np.float32, 64: np.float64}
_SMALLEST_NORMAL = np.float32(2.0**-126)
CANONICAL_NAN = {
    np.dtype(np.float16): np.array(0x7FFF, np.uint16).view(np.float16),
    np.dtype(np.float32): np.array(0x7FFFFFFF, np.uint32).view(np.float32),
    np.dtype(np.float64): np.array(0x7FF8 << 48, np.uint64).view(np.float64),
}


def dtype_of(type_: str) -> Any:
    """What an array of the type's values is made of."""
    if type_ == "pred":
        return np.bool_
    if type_ in ("f16", "f32", "f64"):
        return FLOATS[BITS[type_]]
    return (SIGNED if type_[0] == "s" and "x" not in type_ else UNSIGNED)[BITS[type_]]


def is_float(type_: str) -> bool:
    return type_ in ("f16", "bf16", "f32", "tf32", "f64")


def limits(type_: str) -> tuple[int, int]:
    info = np.iinfo(dtype_of(type_))
    return int(info.min), int(info.max)


def flushed(x: Array) -> Array:
    """f32 with denormals as zeros of their sign."""
    return np.where(np.abs(x) < _SMALLEST_NORMAL, np.copysign(np.float32(0), x), x)


def canonical(x: Array) -> Array:
    """NaNs become the one that the chips give."""
    nan = np.isnan(x)
    return np.where(nan, CANONICAL_NAN[x.dtype], x) if nan.any() else x


def saturated(x: Array) -> Array:
    """Into [0, 1]; NaN is 0, and so is -0."""
    return np.where(x > 0, np.minimum(x, x.dtype.type(1)), x.dtype.type(0))


def widened_bf16(bits: Array) -> Array:
    """bf16 as f32."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def halves(pair: Array) -> tuple[Array, Array]:
    """The low and the high 16 bits."""
    return pair.astype(np.uint16), (pair >> np.uint32(16)).astype(np.uint16)


def joined(low: Array, high: Array) -> Array:
    return low.astype(np.uint32) | (high.astype(np.uint32) << np.uint32(16))


def fused(a: Array, b: Array, c: Array) -> Array:
    """a * b + c in float64, rounded to odd, for operands of at most 24 bits."""
    product = a.astype(np.float64) * b.astype(np.float64)
    addend = c.astype(np.float64)
    total = product + addend
    doubtful = (total.view(np.uint64) & np.uint64(0xFFFFFFF) == 0) & (total != 0)
    if doubtful.any():  # near the middle of two narrower numbers, if it is not exact
        product, addend = (np.broadcast_to(x, total.shape)[doubtful] for x in (product, addend))
        total[doubtful] = to_odd(*exact_sum(product, addend))
    return total


def rounded(exact: Array, type_: Any, mode: str = "rn") -> Array:
    """A float64 (or longdouble) to `type_`, to nearest even or "rz", "rm", "rp"."""
    near = exact.astype(type_)
    if mode == "rn":
        return near
    back = near.astype(exact.dtype)
    up, down = np.nextafter(near, type_(np.inf)), np.nextafter(near, type_(-np.inf))
    too_low, too_high = back < exact, back > exact
    if mode == "rz":
        too_low, too_high = too_low & (exact < 0), too_high & (exact > 0)
    elif mode == "rm":
        too_low = np.zeros_like(too_low)
    elif mode == "rp":
        too_high = np.zeros_like(too_high)
    return np.where(too_high, down, np.where(too_low, up, near)).astype(type_)


def rounded_bf16(exact: Array, mode: str = "rn") -> Array:
    """A float64 to the bits of bf16."""
    toward_zero = rounded(exact, np.float32, "rz")
    bits = toward_zero.view(np.uint32) | (toward_zero.astype(exact.dtype) != exact)
    if mode == "rn":
        bits = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return np.where(np.isnan(exact), np.uint16(0x7FFF), (bits >> np.uint32(16)).astype(np.uint16))
