"""The element types of AMD's matrix instructions: from bits in registers to numbers."""

from __future__ import annotations

from functools import cache

import numpy as np

BITS = {"f64": 64, "f32": 32, "xf32": 32, "f16": 16, "bf16": 16, "i8": 8, "fp8": 8, "bf8": 8}
BITS |= {"fp6": 6, "bf6": 6, "fp4": 4}
_PLAIN = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "i8": np.int8}
# Bits of the exponent and of the fraction, the exponent's bias, and which codes are no numbers:
# "fnuz": what would be -0 is NaN; "fn": all ones are NaN; "ieee": infinities and NaN; "": none.
# (OCP, "OFP8", 2023, and "MX", 2023; CDNA 3 ISA, "Data Formats".)
_SMALL = {
    ("fp8", "fnuz"): (4, 3, 8, "fnuz"),
    ("bf8", "fnuz"): (5, 2, 16, "fnuz"),
    ("fp8", "ocp"): (4, 3, 7, "fn"),
    ("bf8", "ocp"): (5, 2, 15, "ieee"),
    ("fp6", "ocp"): (2, 3, 1, ""),
    ("bf6", "ocp"): (3, 2, 3, ""),
    ("fp4", "ocp"): (2, 1, 1, ""),
}


@cache
def small_floats(type: str, standard: str) -> np.ndarray:
    """The value of each code of a type of 8 bits, or fewer."""
    exponent_bits, fraction_bits, bias, special = _SMALL[type, standard]
    sign = 1 << exponent_bits + fraction_bits
    code = np.arange(2 * sign)
    magnitude = code & sign - 1
    exponent, fraction = magnitude >> fraction_bits, magnitude & (1 << fraction_bits) - 1
    leading = np.where(exponent == 0, 0, 1 << fraction_bits)
    power = np.maximum(exponent, 1) - bias - fraction_bits
    value = np.ldexp((leading + fraction).astype(np.float64), power)
    if special == "fnuz":
        value[sign] = np.nan
    elif special == "fn":
        value[magnitude == sign - 1] = np.nan
    elif special == "ieee":
        top = exponent == (1 << exponent_bits) - 1
        value[top] = np.where(fraction[top] == 0, np.inf, np.nan)
    return np.where(code & sign, -value, value)


def decoded(raw: np.ndarray, type: str, standard: str) -> np.ndarray:
    """Words, uint32 [..., words], as float64 [..., elements]; the low bits come first.

    `standard` is "fnuz" or "ocp": whose 8-bit floats the chip has.  `xf32` drops the last 13 bits
    of the fraction.
    """
    if type in _PLAIN:
        return raw.view(_PLAIN[type]).astype(np.float64)
    if type == "bf16":
        wide = raw.view(np.uint16).astype(np.uint32) << np.uint32(16)
        return wide.view(np.float32).astype(np.float64)
    if type == "xf32":
        return (raw & np.uint32(0xFFFFE000)).view(np.float32).astype(np.float64)
    codes = raw.view(np.uint8)
    if BITS[type] < 8:
        loose = np.unpackbits(codes, axis=-1, bitorder="little")
        loose = loose.reshape(*raw.shape[:-1], -1, BITS[type])
        codes = loose @ (1 << np.arange(BITS[type]))
    return small_floats(type, standard)[codes]


def without_denormals(x: np.ndarray, type: str) -> np.ndarray:
    """Zeros of the same sign in place of what is denormal in `type` (f16, bf16 or f32)."""
    tiny = 2.0**-14 if type == "f16" else 2.0**-126
    return np.where(np.abs(x) < tiny, np.copysign(0.0, x), x)
