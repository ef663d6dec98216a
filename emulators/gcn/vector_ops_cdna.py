"""Vector operations of GCN 5 and CDNA alone: multiply-adds that round twice, bfloat16 of CDNA 4.

Source: the ISA manuals of Vega, MI100, MI200 and MI300 (AMD), "Vector ALU Operations", and AMD's
pseudocode in the machine-readable ISA of CDNA 4.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn import floats as fl
from clawc.emulators.gcn import integer as it
from clawc.emulators.gcn.vector_ops import Operation

U16, U32, F16, F32 = np.uint16, np.uint32, np.float16, np.float32


def _multiply_add(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """a * b + c, rounded after each step; denormals are zeros on the way in and out."""
    product = fl.flushed(fl.flushed(a) * fl.flushed(b))
    return fl.flushed(product + fl.flushed(c))


def to_bfloat(x: np.ndarray) -> np.ndarray:
    """f32 to the bits of the nearest bfloat16, ties to even; NaN stays NaN."""
    bits = np.ascontiguousarray(x).view(U32)
    rounded = bits + U32(0x7FFF) + (bits >> U32(16) & U32(1))
    quiet = bits | U32(1 << 22)
    return (np.where(np.isnan(x), quiet, rounded) >> U32(16)).astype(U16)


def _pair(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    low, high = (np.ascontiguousarray(half).view(U16).astype(U32) for half in (low, high))
    return low | high << U32(16)


def _shifted_bytes(a: np.ndarray, b: np.ndarray, by: np.ndarray, dtype: type) -> np.ndarray:
    """Two words shifted right and held within a byte each."""
    limits = np.iinfo(dtype)
    low, high = (np.clip(it.shift_right(x, by), limits.min, limits.max) for x in (a, b))
    bytes_of = [x.astype(dtype).view(np.uint8).astype(U16) for x in (low, high)]
    return bytes_of[0] | bytes_of[1] << U16(8)


def propagating_maximum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IEEE 754-2019 `maximum`: NaN if either is; +0 rather than -0."""
    return np.where(np.isnan(a) | np.isnan(b), a + b, fl.maximum(a, b))


def propagating_minimum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IEEE 754-2019 `minimum`: NaN if either is; -0 rather than +0."""
    return np.where(np.isnan(a) | np.isnan(b), a + b, fl.minimum(a, b))


def _random_step(x: np.ndarray) -> np.ndarray:
    """The next number of a linear feedback shift register."""
    return x << U32(1) ^ np.where(x >> U32(31) != 0, U32(197), U32(0))


_THREE = ("f32", "f32", "f32")
CDNA_OPERATIONS: dict[str, Operation] = {
    "v_mad_f32": Operation("f32", _THREE, _multiply_add),
    "v_madak_f32": Operation("f32", _THREE, _multiply_add),
    "v_madmk_f32": Operation("f32", _THREE, _multiply_add),
    "v_mac_f32": Operation("f32", _THREE, _multiply_add, accumulates=True),
    "v_mul_legacy_f32": Operation(
        "f32", _THREE[:2], lambda a, b: np.where((a == 0) | (b == 0), F32(0), a * b)
    ),
    "v_cvt_f32_bf16": Operation("f32", ("u16",), lambda x: (x.astype(U32) << U32(16)).view(F32)),
    "v_cvt_pk_bf16_f32": Operation(
        "u32", _THREE[:2], lambda a, b: _pair(to_bfloat(a), to_bfloat(b))
    ),
    "v_cvt_pk_f16_f32": Operation(
        "u32", _THREE[:2], lambda a, b: _pair(a.astype(F16), b.astype(F16))
    ),
    "v_maximum3_f32": Operation(
        "f32", _THREE, lambda a, b, c: propagating_maximum(propagating_maximum(a, b), c)
    ),
    "v_minimum3_f32": Operation(
        "f32", _THREE, lambda a, b, c: propagating_minimum(propagating_minimum(a, b), c)
    ),
    "v_ashr_pk_i8_i32": Operation(
        "u16", ("i32", "i32", "u32"), lambda a, b, c: _shifted_bytes(a, b, c, np.int8)
    ),
    "v_ashr_pk_u8_i32": Operation(
        "u16", ("i32", "i32", "u32"), lambda a, b, c: _shifted_bytes(a, b, c, np.uint8)
    ),
    "v_prng_b32": Operation("u32", ("u32",), _random_step),
}
