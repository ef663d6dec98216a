"""Packed arithmetic (VOP3P): two halves at once, dot products, and mixed-precision fma."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn import floats as fl
from clawc.emulators.gcn import integer as it
from clawc.emulators.gcn.modes import in_mode, is_usual
from clawc.emulators.gcn.modifiers import result_writer
from clawc.emulators.gcn.operands import DTYPES, VECTOR, Operands, Reader, modified
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.vector_ops import OPERATIONS, Operation
from clawc.emulators.gcn.vector_ops_cdna import (
    CDNA_OPERATIONS,
    propagating_maximum,
    propagating_minimum,
)
from clawc.emulators.gcn.waves import Waves

Compute = Callable[..., np.ndarray]

# name: (the type of the halves, the operation on each, how many sources)
_HALVES: dict[str, tuple[str, Compute, int]] = {
    "v_pk_add_f16": ("f16", np.add, 2),
    "v_pk_mul_f16": ("f16", np.multiply, 2),
    "v_pk_fma_f16": ("f16", fl.fma, 3),
    "v_pk_min_f16": ("f16", fl.minimum, 2),
    "v_pk_max_f16": ("f16", fl.maximum, 2),
    "v_pk_add_u16": ("u16", np.add, 2),
    "v_pk_add_i16": ("i16", np.add, 2),
    "v_pk_sub_u16": ("u16", np.subtract, 2),
    "v_pk_sub_i16": ("i16", np.subtract, 2),
    "v_pk_mul_lo_u16": ("u16", np.multiply, 2),
    "v_pk_min_u16": ("u16", np.minimum, 2),
    "v_pk_min_i16": ("i16", np.minimum, 2),
    "v_pk_max_u16": ("u16", np.maximum, 2),
    "v_pk_max_i16": ("i16", np.maximum, 2),
    "v_pk_lshlrev_b16": ("u16", it.shift_left, 2),
    "v_pk_lshrrev_b16": ("u16", it.shift_right, 2),
    "v_pk_ashrrev_i16": ("i16", it.shift_right, 2),
    "v_pk_mad_u16": ("u16", lambda a, b, c: a * b + c, 3),
    "v_pk_mad_i16": ("i16", lambda a, b, c: a * b + c, 3),
    "v_pk_maximum_f16": ("f16", propagating_maximum, 2),
    "v_pk_minimum_f16": ("f16", propagating_minimum, 2),
    "v_pk_maximum3_f16": ("f16", CDNA_OPERATIONS["v_maximum3_f32"].compute, 3),
    "v_pk_minimum3_f16": ("f16", CDNA_OPERATIONS["v_minimum3_f32"].compute, 3),
}
_FLOATS: dict[str, tuple[Compute, int]] = {
    "v_pk_add_f32": (np.add, 2),
    "v_pk_mul_f32": (np.multiply, 2),
    "v_pk_fma_f32": (fl.fma, 3),
}
_ZERO = 128  # the source code of the constant 0
_CLAMPED = {"v_pk_add_u16": np.add, "v_pk_add_i16": np.add, "v_pk_sub_i16": np.subtract}
_CLAMPED["v_pk_sub_u16"] = np.subtract


def packed(o: Operands) -> Run:
    """The step of a VOP3P instruction that is no matrix product."""
    i = o.instruction
    if i.modifier:
        raise unknown(o, f"with {i.modifier}")
    if i.name in OPERATIONS and i.name.startswith("v_accvgpr"):
        return _accumulator_move(o)
    if i.name in _HALVES:
        type, compute, count = _HALVES[i.name]
        return _halves(o, type, _in_mode(o, type, compute, count), count)
    if i.name in _FLOATS:
        compute, count = _FLOATS[i.name]
        return _pairs(o, _in_mode(o, "f32", compute, count), count)
    if i.name == "v_pk_mov_b32":
        return _move_pair(o)
    if i.name.startswith("v_fma_mix"):
        return _mixed(o)
    if i.name in ("v_dot4_i32_iu8", "v_dot4_i32_i8", "v_dot4_u32_u8"):
        return _dot(o)
    raise unknown(o)


def _in_mode(o: Operands, type: str, compute: Compute, count: int) -> Compute:
    return in_mode(o, o.instruction.name, Operation(type, (type,) * count, compute)).compute


def _select(o: Operands, number: int) -> tuple[int, int]:
    """Which half of a source the low and the high half of the result read."""
    i = o.instruction
    high = i["opsel_hi2"] if number == 2 else i["opsel_hi"] >> number & 1
    return i["opsel"] >> number & 1, high


def _half(o: Operands, number: int, part: int, type: str, neg: int) -> Reader:
    code = o.instruction[f"src{number}"]
    if code >= VECTOR or code < 128:
        return o.source(code, type, neg, high=part)
    # An inline integer has 32 bits, a float 16 with zeros above.
    whole = o.constant(code, "u32" if code <= 208 or code == 255 else type)
    bits = int(whole.view(np.uint32 if whole.dtype.itemsize == 4 else np.uint16)[0])
    value = np.array([[bits >> 16 * part & 0xFFFF]], np.uint16).view(DTYPES[type])
    return modified(lambda w: value, type, neg, 0)


def _clamped(o: Operands, type: str, compute: Compute) -> Compute:
    name = o.instruction.name
    if type == "f16":
        return lambda *x: fl.clamped(compute(*x), o.clamp_keeps_nan)
    if name not in _CLAMPED:
        raise unknown(o, "with clamp")
    return it.saturated(_CLAMPED[name], DTYPES[type])


def _halves(o: Operands, type: str, compute: Compute, count: int) -> Run:
    i = o.instruction
    low, high = [], []
    for number in range(count):
        parts = _select(o, number)
        low.append(_half(o, number, parts[0], type, i["neg"] >> number & 1))
        high.append(_half(o, number, parts[1], type, i["neg_hi"] >> number & 1))
    if i["clamp"]:
        compute = _clamped(o, type, compute)
    write = o.vector_write(i["vdst"], "u32")

    def run(w: Waves) -> None:
        below = np.ascontiguousarray(compute(*(read(w) for read in low))).view(np.uint16)
        above = np.ascontiguousarray(compute(*(read(w) for read in high))).view(np.uint16)
        write(w, below.astype(np.uint32) | above.astype(np.uint32) << np.uint32(16))

    return run


def _word(o: Operands, number: int, part: int, type: str, neg: int) -> Reader:
    """A word of a pair of registers; of a constant, only the low one is known to be the value."""
    code = o.instruction[f"src{number}"]
    if code >= 128 and code < VECTOR:
        if part and code != _ZERO:
            raise unknown(o, "the high word of a constant")
        return o.source(code, type, neg)
    return o.source(code + part, type, neg)


def _pairs(o: Operands, compute: Compute, count: int) -> Run:
    i = o.instruction
    if i["clamp"]:
        raise unknown(o, "with clamp")

    def words(half: int) -> list[Reader]:
        negated = i["neg_hi" if half else "neg"]
        parts = [_select(o, number)[half] for number in range(count)]
        return [_word(o, k, part, "f32", negated >> k & 1) for k, part in enumerate(parts)]

    low, o.flows[i["vdst"]] = o.gathered(lambda: words(0))
    high, o.flows[i["vdst"] + 1] = o.gathered(lambda: words(1))
    writers = [o.vector_write(i["vdst"] + part, "f32") for part in range(2)]

    def run(w: Waves) -> None:
        below = compute(*(read(w) for read in low))
        above = compute(*(read(w) for read in high))
        writers[0](w, below)
        writers[1](w, above)

    return run


def _move_pair(o: Operands) -> Run:
    i = o.instruction
    select = i["opsel"]
    low, o.flows[i["vdst"]] = o.gathered(lambda: _word(o, 0, select & 1, "u32", 0))
    high, o.flows[i["vdst"] + 1] = o.gathered(lambda: _word(o, 1, select >> 1 & 1, "u32", 0))
    writers = [o.vector_write(i["vdst"] + part, "u32") for part in range(2)]

    def run(w: Waves) -> None:
        below, above = np.array(low(w)), np.array(high(w))
        writers[0](w, below)
        writers[1](w, above)

    return run


def _mixed(o: Operands) -> Run:
    """`v_fma_mix`: each source is f32, or either half of a register as f16."""
    i = o.instruction
    if not is_usual(o):
        raise unknown(o, "in a mode of rounding or of denormals")
    readers = []
    for number in range(3):
        part, is_half = _select(o, number)
        neg, absolute = i["neg"] >> number & 1, i["neg_hi"] >> number & 1
        code = i[f"src{number}"]
        if is_half:
            readers.append(modified(_half(o, number, part, "f16", 0), "f16", neg, absolute))
        else:
            readers.append(o.source(code, "f32", neg, absolute))
    write = o.vector_write(i["vdst"], "f32") if i.name == "v_fma_mix_f32" else None
    if write is None:
        write = o.vector_write(i["vdst"], "f16", int(i.name == "v_fma_mixhi_f16"))
    clamp, narrow = i["clamp"], i.name != "v_fma_mix_f32"

    def run(w: Waves) -> None:
        result = fl.fma(*(read(w).astype(np.float32) for read in readers))
        if narrow:
            result = result.astype(np.float16)
        write(w, fl.clamped(result, o.clamp_keeps_nan) if clamp else result)

    return run


def _dot(o: Operands) -> Run:
    i = o.instruction
    mixed = i.name == "v_dot4_i32_iu8"  # where neg says which side is signed
    signed = [bool(i["neg"] >> k & 1) if mixed else i.name == "v_dot4_i32_i8" for k in range(2)]
    a, b, c = (o.source(i[f"src{k}"], "u32") for k in range(3))
    write = o.vector_write(i["vdst"], "u32")
    if i["clamp"]:
        raise unknown(o, "with clamp")
    return lambda w: write(w, it.dot4(a(w), b(w), *signed).view(np.uint32) + c(w))


def _accumulator_move(o: Operands) -> Run:
    i = o.instruction
    from_accumulator = i.name != "v_accvgpr_write_b32"
    source = o.source(i["src0"] + (o.accumulators if from_accumulator else 0), "u32")
    write = result_writer(o, "u32")
    return lambda w: write(w, source(w))
