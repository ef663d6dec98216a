"""WMMA, the matrix products of RDNA 3 and 4 (those of CDNA are in `mfma`).

RDNA 3: a lane holds a row of A and a column of B, and the upper 16 lanes repeat the lower ones; the
rows of C go to the halves of the wave in turn.  RDNA 4: each half of the wave has half of k, and
the upper or the lower half of C's rows.  ("Wave Matrix Multiply Accumulate" of either manual.)
Products are summed in double precision and rounded once: the manuals leave the order open.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from clawc.emulators.gcn.matrix_types import BITS, decoded
from clawc.emulators.gcn.operands import VECTOR, Operands
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.vector_ops_cdna import to_bfloat
from clawc.emulators.gcn.waves import Waves

SIDE = 16
_NAME = re.compile(
    rf"v_wmma_(f32|f16|bf16|i32)_{SIDE}x{SIDE}x(16|32)_(f16|bf16|iu8|iu4|([fb]f?p?8)_([fb]f?p?8))$"
)
_Source = Callable[[Waves], np.ndarray]


def matrix(o: Operands) -> Run:
    """The step of C = A B + C by a whole wave; EXEC does not matter."""
    found = _NAME.match(o.instruction.name)
    if not found or o.lanes != 32:
        raise unknown(o)
    result, k, operand, *small = found.groups()
    types = _operand_types(o, operand, small)
    sources = [_source(o, number, int(k), type) for number, type in enumerate(types)]
    rows = _rows(o)
    addend, write = _accumulator(o, result, rows)
    wide = np.int64 if result == "i32" else np.float64
    flop = 2 * SIDE * SIDE * int(k)

    def run(w: Waves) -> None:
        a, b = (source(w).astype(wide) for source in sources)
        total = np.matmul(a, b.transpose(0, 2, 1)) + addend(w)
        w.batch.run.counts.matrix_flop += flop * w.count
        write(w, total)

    return run


def _operand_types(o: Operands, operand: str, small: list[str]) -> list[str]:
    """The types of A and B; modifiers that change more than that are not known."""
    i = o.instruction
    if i["clamp"] or i["neg_hi"] or i["opsel"] & 3:
        raise unknown(o, "with modifiers")
    if operand.startswith("iu"):  # neg says whether a source is signed
        return [("i" if i["neg"] >> n & 1 else "u") + operand[2:] for n in range(2)]
    if i["neg"]:
        raise unknown(o, "with neg")
    return small if small[0] else [operand, operand]


def _source(o: Operands, number: int, k: int, type: str) -> _Source:
    """A or B transposed: [waves, 16, k]."""
    first = o.instruction[f"src{number}"] - VECTOR
    if first < 0:
        raise unknown(o, "a source that is no vector register")
    splits = o.generation.wmma_splits_k
    held = k // 2 if splits else k
    words = held * _bits(type) // 32
    o.note(o.reads, first, 32 * words)

    def read(w: Waves) -> np.ndarray:
        raw = np.stack([w.u32[first + word] for word in range(words)], axis=-1)
        values = _elements(raw, type, o.generation.small_floats)  # [waves, lanes, elements]
        if splits:
            return np.concatenate((values[:, :SIDE], values[:, SIDE:]), axis=-1)
        _check_copies(w, o, raw)
        return values[:, :SIDE]

    return read


def _check_copies(w: Waves, o: Operands, raw: np.ndarray) -> None:
    unlike = (raw[:, :SIDE] != raw[:, SIDE:]).any(-1)
    if unlike.any() and w.batch.options.check:
        message = f"needs lanes {SIDE} and up to hold what the first {SIDE} hold"
        where = np.argwhere(unlike)
        lanes = where[:, 0] * w.lanes + where[:, 1] + SIDE
        w.batch.report("divergence", o.instruction, message, w, lanes)


def _bits(type: str) -> int:
    return int(type[1:]) if type[0] in "iu" else BITS[type]


def _elements(raw: np.ndarray, type: str, small_floats: str) -> np.ndarray:
    if type == "u8":
        return raw.view(np.uint8)
    if type in ("u4", "i4"):
        pairs = raw.view(np.uint8)
        nibbles = np.stack((pairs & 15, pairs >> 4), axis=-1).reshape(*pairs.shape[:-1], -1)
        return (nibbles.astype(np.int8) ^ 8) - 8 if type == "i4" else nibbles
    return decoded(raw, type, small_floats)


def _rows(o: Operands) -> np.ndarray:
    """The row of C of each element that a lane holds: [8, lanes]."""
    element, half = np.arange(SIDE // 2)[:, None], np.arange(o.lanes) // SIDE
    return element + 8 * half if o.generation.wmma_splits_k else 2 * element + half


def _accumulator(
    o: Operands, result: str, rows: np.ndarray
) -> tuple[_Source, Callable[[Waves, np.ndarray], None]]:
    """How C is read as [waves, 16, 16], and written back.

    16-bit elements lie in pairs on RDNA 4; on RDNA 3 each is in a register, in the half that
    `op_sel` names, and the other half stays."""
    i = o.instruction
    packs = result in ("f16", "bf16") and o.generation.wmma_splits_k
    half = i["opsel"] >> 2 & 1
    if half and (result not in ("f16", "bf16") or packs):
        raise unknown(o, "with op_sel")
    columns = np.broadcast_to(np.arange(o.lanes) % SIDE, rows.shape)
    count = len(rows) // 2 if packs else len(rows)
    to = i["vdst"]
    o.note(o.writes, to, 32 * count)

    def write(w: Waves, total: np.ndarray) -> None:
        held = _bits_of(total[:, rows, columns], result)  # [waves, elements, lanes]
        for element in range(len(rows)):
            if held.itemsize == 4:
                w.u32[to + element][...] = held[:, element]
            elif packs:
                w.u16[to + element // 2][..., element % 2] = held[:, element]
            else:
                w.u16[to + element][..., half] = held[:, element]

    code = i["src2"]
    if code < VECTOR:
        constant = o.constant(code, result if result != "bf16" else "u16")
        value = _values_of(constant, result)
        return lambda w: value, write
    first = code - VECTOR
    o.note(o.reads, first, 32 * count)

    def read(w: Waves) -> np.ndarray:
        if result in ("f32", "i32"):
            raw = [w.u32[first + element] for element in range(len(rows))]
        elif packs:
            raw = [w.u16[first + element // 2][..., element % 2] for element in range(len(rows))]
        else:
            raw = [w.u16[first + element][..., half] for element in range(len(rows))]
        values = _values_of(np.stack(raw, 1), result)
        c = np.empty((w.count, SIDE, SIDE), values.dtype)
        c[:, rows, columns] = values
        return c

    return read, write


def _values_of(raw: np.ndarray, type: str) -> np.ndarray:
    if type == "bf16":
        return (raw.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return raw.view({"f32": np.float32, "i32": np.int32, "f16": np.float16}[type])


def _bits_of(values: np.ndarray, type: str) -> np.ndarray:
    """Rounded once."""
    if type == "bf16":
        return to_bfloat(_to_odd(values))
    if type == "i32":
        return values.astype(np.int32).view(np.uint32)
    dtype, bits = (np.float32, np.uint32) if type == "f32" else (np.float16, np.uint16)
    return np.ascontiguousarray(values.astype(dtype)).view(bits)


def _to_odd(values: np.ndarray) -> np.ndarray:
    """In f32, with an odd last bit where that is inexact, so that rounding again rounds once."""
    near = values.astype(np.float32)
    bits = near.view(np.uint32)
    moves = np.isfinite(values) & (near != values) & (bits & 1 == 0)
    up = np.abs(near.astype(np.float64)) < np.abs(values)
    return np.where(moves, np.where(up, bits + 1, bits - 1), bits).view(np.float32)
