"""The numbers in the registers of a matrix product, and sums back into registers.

Products are exact and their sum is rounded once, to the type of the result; the chips, whose order
of summation the manual leaves open, may differ in the last places.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.semantics_fp8 import fp8_values
from clawc.emulators.ptx.values import Array, canonical, widened_bf16

ELEMENT_BITS = {  # in a register: floats of 6 and of 4 bits have a byte, unless they are packed
    **{"f16": 16, "bf16": 16, "tf32": 32, "f32": 32, "f64": 64, "s32": 32},
    **{"s8": 8, "u8": 8, "s4": 4, "u4": 4, "b1": 1},
    **{"e4m3": 8, "e5m2": 8, "e3m2": 8, "e2m3": 8, "e2m1": 8, "e2m1x2": 4},
}
_SUMS = {"f16": np.float16, "f32": np.float32, "f64": np.float64, "s32": np.int32}


def numbers(registers: Array, type_: str) -> Array:
    """The elements of registers, as float64."""
    registers = np.ascontiguousarray(registers)
    if type_ in _SUMS:
        return registers.view(_SUMS[type_]).astype(np.float64)
    if type_ == "bf16":
        return widened_bf16(registers.view(np.uint16)).astype(np.float64)
    if type_ == "tf32":
        return (registers & np.uint32(0xFFFFE000)).view(np.float32).astype(np.float64)
    bytes_ = registers.view(np.uint8)
    if type_ == "b1":
        return np.unpackbits(bytes_, axis=-1, bitorder="little").astype(np.float64)
    if type_ in ("s4", "u4", "e2m1x2"):
        nibbles = np.stack([bytes_ & 15, bytes_ >> 4], axis=-1).reshape(*bytes_.shape[:-1], -1)
        if type_ == "e2m1x2":
            return fp8_values("e2m1")[nibbles]
        signed = (nibbles.astype(np.int64) ^ 8) - 8
        return (signed if type_ == "s4" else nibbles).astype(np.float64)
    if type_ in ("s8", "u8"):
        return (bytes_.view(np.int8) if type_ == "s8" else bytes_).astype(np.float64)
    if type_ == "e2m1":  # in the middle of its byte
        return fp8_values(type_)[bytes_ >> 2 & 15]
    table = fp8_values(type_)
    return table[bytes_ & len(table) - 1]


def rounded_sums(total: Array, type_: str, saturate: bool) -> Array:
    """float64 to the type of the result, rounded once; integers wrap or saturate."""
    if type_ == "s32":
        if saturate:
            total = np.clip(total, -(2**31), 2**31 - 1)
        return total.astype(np.int64).astype(np.int32)
    return canonical(total.astype(_SUMS[type_]))
