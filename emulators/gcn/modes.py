"""The mode of a wave: how floating-point results are rounded, and what becomes of denormals.

Source: "RDNA3 Instruction Set Architecture" and "AMD Instinct MI300 Instruction Set Architecture",
the sections on the MODE register: bits 0 to 3 round, 4 to 7 keep denormals, of f32 and then of f16
and f64; bit 8 (DX10_CLAMP) makes `clamp` turn NaN into 0, bit 23 (FP16_OVFL) keeps f16 and small
floats that overflow at the largest number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.rounding import FORMS, rounded
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.vector_ops import Operation
from clawc.emulators.gcn.waves import Waves

SETTERS = ("s_setreg_b32", "s_setreg_imm32_b32", "s_round_mode", "s_denorm_mode")
OVERFLOW = 1 << 23
USUAL = 0xF0  # to nearest, with denormals, and infinity for what overflows
_FLOATS = 0xFF | OVERFLOW
_MODE = 1  # the number of the register
_PLACES_OF_SCRATCH = (20, 21)  # hwreg(HW_REG_FLAT_SCR_LO) and _HI
_KNOWN = 0x1FF | OVERFLOW
_STEM = re.compile(r"(?:v_dual_|v_pk_|v_|s_)(\w+?)(?:_(?:f16|f32|f64))?$")
# What has one result in every mode: nothing is rounded, or it is by a rule of its own.
_UNROUNDED = frozenset(
    "max min max3 min3 med3 maximum minimum maximum3 minimum3 minmax maxmin minimummaximum"
    " maximumminimum floor ceil trunc rndne frexp_mant frexp_exp_i32 frexp_exp_i16 rcp rsq sqrt"
    " rcp_iflag exp log sin cos div_fixup div_scale cvt_pk_rtz_f16 cvt_pk_i16 cvt_pk_u16"
    " pack_b32 cvt_floor_i32 cvt_nearest_i32 cvt_f32_ubyte0 cvt_f32_ubyte1 cvt_f32_ubyte2"
    " cvt_f32_ubyte3 cvt_f64_i32 cvt_f64_u32 cvt_i32 cvt_u32 cvt_i16 cvt_u16 cvt_f32_f16"
    " cvt_f64_f32".split()
)
_BITS_AS_THEY_ARE = ("pack_b32",)  # of which the manuals do not say what denormals become


def set_mode(o: Operands) -> Run:
    """`s_setreg` of MODE (of the place of scratch it changes nothing here), and RDNA's short forms;
    the block ends, and `Waves.modes` says what holds in the next one."""
    i = o.instruction
    value = np.array([i["immediate"]], np.uint32)
    if i.mnemonic in ("s_round_mode", "s_denorm_mode"):
        read, low, bits = (lambda w: value), 4 * (i.mnemonic == "s_denorm_mode"), 4
    else:
        number, low, bits = register_part(i["immediate"])
        if number in _PLACES_OF_SCRATCH:
            low = bits = 0
        elif not _is_known(number, low, bits):
            raise unknown(o, f"of bits {low} to {low + bits - 1} of the register {number}")
        literal = np.array([i.literal], np.uint32)
        plain = i.mnemonic == "s_setreg_b32"
        read = o.scalar_read(i["sdst"], "u32") if plain else lambda w: literal
    o.must |= o.reads
    mask = (1 << bits) - 1 << low

    def run(w: Waves) -> None:
        new = np.broadcast_to(read(w), w.count).astype(np.int64) << low & mask
        w.modes = w.mode & ~mask | new

    return run


def get_mode(o: Operands) -> Run:
    """`s_getreg_b32` of MODE."""
    i = o.instruction
    number, low, bits = register_part(i["immediate"])
    if not _is_known(number, low, bits):
        raise unknown(o, f"of bits {low} to {low + bits - 1} of the register {number}")
    write = o.scalar_write(i["sdst"], "u32")
    value = np.array([o.mode >> low & (1 << bits) - 1], np.uint32)
    return lambda w: write(w, value)


def register_part(immediate: int) -> tuple[int, int, int]:
    """What `hwreg(...)` names: the register, its first bit, how many bits."""
    return immediate & 63, immediate >> 6 & 31, (immediate >> 11 & 31) + 1


def _is_known(number: int, low: int, bits: int) -> bool:
    return number == _MODE and not ((1 << bits) - 1 << low) & ~_KNOWN


def is_usual(o: Operands) -> bool:
    """Whether floats are rounded to nearest, with denormals and infinities."""
    return o.mode & _FLOATS == USUAL


def in_mode(o: Operands, name: str, operation: Operation) -> Operation:
    """The operation as the wave's mode has it; EmulationError if that is not known.

    `name` is that of the vector operation: `v_add_f32` for `v_pk_add_f32`, `s_add_f32`, too.
    """
    types = (operation.result, *operation.sources)
    if is_usual(o) or not any(type[0] == "f" for type in types):
        return operation
    found = _STEM.match(name)
    stem = found[1] if found else name
    compute = operation.compute
    how = o.mode & 3 if operation.result == "f32" else o.mode >> 2 & 3
    if how and stem in FORMS:
        compute = rounded(FORMS[stem], compute, operation.result, how)
    elif o.mode & 15 and stem not in _UNROUNDED and stem not in FORMS:
        raise unknown(o, "in a mode of rounding other than to nearest")
    if stem in _BITS_AS_THEY_ARE and any(flushes(o, type)[0] for type in operation.sources):
        raise unknown(o, "in a mode that flushes denormals")
    compute = _flushed(o, operation, compute)
    if o.mode & OVERFLOW and operation.result == "f16":
        compute = _held(compute)
    return replace(operation, compute=compute)


def _held(compute: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """The largest number in place of what overflows; infinities of the sources stay."""

    def run(*values: np.ndarray) -> np.ndarray:
        found = compute(*values)
        over = np.isinf(found)
        for x in values:
            over = over & np.isfinite(x)
        return np.where(over, np.copysign(np.finfo(found.dtype).max, found), found)

    return run


def flushes(o: Operands, type: str) -> tuple[bool, bool]:
    """Whether denormals of that type count as zero, as sources and as results."""
    if type[0] != "f":
        return False, False
    kept = o.mode >> (4 if type == "f32" else 6) & 3
    return not kept & 1, not kept & 2


def flush(x: np.ndarray) -> np.ndarray:
    """Zeros of the same sign in place of denormals."""
    return np.where(np.abs(x) < np.finfo(x.dtype).tiny, np.copysign(x.dtype.type(0), x), x)


def _flushed(
    o: Operands, operation: Operation, compute: Callable[..., np.ndarray]
) -> Callable[..., np.ndarray]:
    sources = [flushes(o, type)[0] for type in operation.sources]
    result = flushes(o, operation.result)[1]
    if not result and not any(sources):
        return compute

    def run(*values: np.ndarray) -> np.ndarray:
        taken = (flush(x) if which else x for x, which in zip(values, sources, strict=True))
        found = compute(*taken)
        return flush(found) if result else found

    return run
