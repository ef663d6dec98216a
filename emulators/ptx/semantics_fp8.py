"""Small floats: the numbers of their codes, and conversions of pairs of 8-bit ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from clawc.emulators.ptx.opcode import Opcode, Semantics, semantics
from clawc.emulators.ptx.values import Array, halves, joined

_FORMATS = {  # bits of the exponent and of the fraction, and the exponent's bias
    **{"e4m3": (4, 3, 7), "e5m2": (5, 2, 15)},
    **{"e3m2": (3, 2, 3), "e2m3": (2, 3, 1), "e2m1": (2, 1, 1)},
}


@cache
def fp8_values(name: str) -> Array:
    """The number of each code; those of 6 and of 4 bits have neither infinities nor NaN."""
    exponent_bits, fraction_bits, bias = _FORMATS[name]
    sign = 1 << exponent_bits + fraction_bits
    code = np.arange(2 * sign)
    exponent = (code & sign - 1) >> fraction_bits
    fraction = (code & ((1 << fraction_bits) - 1)) / 2.0**fraction_bits
    normal = (1 + fraction) * 2.0 ** (exponent - bias)
    value = np.where(exponent == 0, fraction * 2.0 ** (1 - bias), normal)
    if name == "e5m2":
        special = np.where(fraction == 0, np.inf, np.nan)
        value = np.where(exponent == 2**exponent_bits - 1, special, value)
    elif name == "e4m3":
        value = np.where(code & 0x7F == 0x7F, np.nan, value)
    return np.where(code & sign, -value, value)


@semantics("cvt")
def from_fp8(op: Opcode) -> Semantics:
    """`cvt.rn.f16x2.e4m3x2`: exact."""
    source = op.type()
    if source not in ("e4m3x2", "e5m2x2") or op.type() != "f16x2":
        raise op.unknown()
    op.one_of("rn")
    table = fp8_values(source[:4]).astype(np.float16).view(np.uint16)
    low_byte = np.uint16(0xFF)
    return Semantics(
        "b32", ("b16",), lambda a: joined(table[a & low_byte], table[a >> np.uint16(8)])
    )


@semantics("cvt")
def to_fp8(op: Opcode) -> Semantics:
    """`cvt.rn.satfinite.e4m3x2.f32 d, high, low`, or from a pair of f16."""
    source, target = op.type(), op.type()
    if target not in ("e4m3x2", "e5m2x2") or source not in ("f32", "f16x2"):
        raise op.unknown()
    op.one_of("rn")
    op.one_of("satfinite")
    encode = fp8_encoder(target[:4])
    if source == "f32":
        return Semantics(
            "b16", ("f32", "f32"), lambda high, low: encode(low) | (encode(high) << np.uint16(8))
        )

    def from_pair(pair: Array) -> Array:
        low, high = (encode(half.view(np.float16)) for half in halves(pair))
        return low | (high << np.uint16(8))

    return Semantics("b16", ("b32",), from_pair)


def fp8_encoder(name: str) -> Callable[[Array], Array]:
    values = fp8_values(name)[:128]
    finite = values[np.isfinite(values)]

    def encode(x: Array) -> Array:
        size = np.minimum(np.abs(x.astype(np.float64)), finite[-1])
        above = np.clip(np.searchsorted(finite, size), 1, len(finite) - 1)
        below = above - 1
        to_below, to_above = size - finite[below], finite[above] - size
        nearer = np.where(to_below < to_above, below, above)
        code = np.where(to_below == to_above, np.where(below % 2 == 0, below, above), nearer)
        code = np.where(np.isnan(x), 0x7F, code)
        return (code | np.where(np.signbit(x) & ~np.isnan(x), 0x80, 0)).astype(np.uint16)

    return encode
