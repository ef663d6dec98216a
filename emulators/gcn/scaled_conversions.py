"""CDNA 4's conversions of pairs of small floats, with a power of two as scale.

After LLVM's `llvm.amdgcn.cvt.scalef32.pk...` and how Triton uses them; of the scale, an f32, the
exponent counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn.matrix_types import BITS, small_floats
from clawc.emulators.gcn.modes import OVERFLOW
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.vector_ops_cdna import to_bfloat
from clawc.emulators.gcn.waves import Waves
from clawc.emulators.interface import EmulationError

PREFIX = "v_cvt_scalef32_"
_WIDEN = re.compile(PREFIX + r"pk_(f32|f16|bf16)_(fp8|bf8|fp4)$")
_NARROW = re.compile(PREFIX + r"pk_(fp8|bf8)_(f32|f16|bf16)$")
_BIAS, _NAN = 127, 255  # of an f32's exponent


def scaled_conversion(o: Operands) -> Run:
    """The step of `v_cvt_scalef32_pk_...`; EmulationError for others of that name."""
    if o.instruction["neg"] or o.instruction["abs"] or o.instruction["clamp"]:
        raise unknown(o, "with modifiers")
    if found := _WIDEN.match(o.instruction.name):
        return _widening(o, *found.groups())
    if found := _NARROW.match(o.instruction.name):
        return _narrowing(o, *found.groups())
    raise unknown(o)


def _widening(o: Operands, result: str, type: str) -> Run:
    """Two elements, from the half (or, of 4 bits, the byte) that `op_sel` says; times the scale."""
    i, bits = o.instruction, BITS[type]
    at = 16 * (i["opsel"] & 1) if bits == 8 else 8 * (i["opsel"] & 3)
    source, scale = o.source(i["src0"], "u32"), o.source(i["src1"], "u32")
    values, mask = small_floats(type, o.generation.small_floats), np.uint32((1 << bits) - 1)
    writers = [o.vector_write(i["vdst"] + k, "u32") for k in range(2 if result == "f32" else 1)]

    def run(w: Waves) -> None:
        raw, by = source(w), _exponent(scale(w))
        pair = [
            np.where(by == _NAN, np.nan, np.ldexp(values[raw >> np.uint32(n) & mask], by - _BIAS))
            for n in (at, at + bits)
        ]
        words = [np.broadcast_to(_bits_of(x, result), w.exec.shape).astype(np.uint32) for x in pair]
        if result != "f32":
            words = [words[0] | words[1] << np.uint32(16)]
        for write, word in zip(writers, words, strict=True):
            write(w, word)

    return run


def _narrowing(o: Operands, type: str, source: str) -> Run:
    """Two elements, into the half that `op_sel` says; only where there is nothing to scale, and
    the type has room or the mode holds what has none: no manual at hand says what else is done."""
    i = o.instruction
    if source == "f32":
        a, b, scale = (o.source(i[f"src{k}"], "u32") for k in range(3))
    else:
        a, scale = o.source(i["src0"], "u32"), o.source(i["src1"], "u32")
        b = None
    write = o.vector_write(i["vdst"], "u16", i["opsel"] >> 3 & 1)
    encode = _encoder(type, o.generation.small_floats, str(i), bool(o.mode & OVERFLOW))

    def run(w: Waves) -> None:
        if (np.broadcast_to(_exponent(scale(w)), w.exec.shape)[w.exec] != _BIAS).any():
            raise EmulationError(f"'{i}' with a scale other than 1 is not emulated")
        if b is not None:
            pair = [np.ascontiguousarray(x(w)).view(np.float32) for x in (a, b)]
        else:
            pair = [_wide(a(w) >> np.uint32(n) & np.uint32(0xFFFF), source) for n in (0, 16)]
        low, high = (encode(np.broadcast_to(x, w.exec.shape), w.exec) for x in pair)
        write(w, low | high << np.uint16(8))

    return run


def _exponent(scale: np.ndarray) -> np.ndarray:
    return (scale >> np.uint32(23) & np.uint32(255)).astype(np.int32)


def _bits_of(x: np.ndarray, type: str) -> np.ndarray:
    if type == "bf16":  # exact in f32: a small float has few bits
        return to_bfloat(x.astype(np.float32))
    dtype, unsigned = (np.float32, np.uint32) if type == "f32" else (np.float16, np.uint16)
    return np.ascontiguousarray(x.astype(dtype)).view(unsigned)


def _wide(halves: np.ndarray, type: str) -> np.ndarray:
    if type == "bf16":
        return (halves << np.uint32(16)).view(np.float32)
    return halves.astype(np.uint16).view(np.float16).astype(np.float32)


def _encoder(
    type: str, standard: str, name: str, holds: bool
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Numbers to codes, rounded to nearest, ties to even; for the lanes of a mask."""
    values = small_floats(type, standard)[:128]
    finite = np.isfinite(values)
    known, largest = values[finite], values[finite].max()
    nan = int(np.flatnonzero(np.isnan(values))[-1])
    infinity = next(iter(np.flatnonzero(np.isinf(values))), nan)
    limit = largest + (largest - known[-2]) / 2

    def encode(x: np.ndarray, lanes: np.ndarray) -> np.ndarray:
        size = np.abs(x.astype(np.float64))
        if not holds and (np.isfinite(size) & (size >= limit) & lanes).any():
            raise EmulationError(f"'{name}' of numbers beyond {largest:g} is not emulated")
        above = np.clip(np.searchsorted(known, size), 1, len(known) - 1)
        middle = (known[above] + known[above - 1]) / 2
        down = (size < middle) | (size == middle) & (above % 2 == 1)
        code = np.where(down, above - 1, above)
        code = np.where(np.isnan(size), nan, np.where(np.isinf(size), infinity, code))
        return (code | np.where(np.signbit(x), 128, 0)).astype(np.uint16)

    return encode
