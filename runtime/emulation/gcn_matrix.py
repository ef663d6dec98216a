"""WMMA, the matrix products of RDNA 3 (those of CDNA are in `gcn_mfma`).

A lane holds a row of A and a column of B; the lanes beyond the rows repeat the first ones.
Products are summed in double precision and rounded once: the manuals leave the order of the sum
open.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from clawc.runtime.emulation.gcn_operands import VECTOR, Operands
from clawc.runtime.emulation.gcn_step import Run, unknown
from clawc.runtime.emulation.gcn_waves import Waves

MATRIX = re.compile(r"v_wmma_(f32|i32)_(\d+)x(\d+)x(\d+)_(f16|bf16|iu8)$")
_BYTES = {"f16": 2, "bf16": 2, "iu8": 1}
_DTYPES = {"f16": np.float16, "i8": np.int8, "u8": np.uint8}
_RESULTS = {"f32": np.float32, "i32": np.int32}


def matrix(o: Operands) -> Run:
    """The step of C = A B + C by a whole wave; EXEC does not matter."""
    i = o.instruction
    found = MATRIX.match(i.name)
    if not found:
        raise unknown(o)
    result, *sizes, operand = found.groups()
    m, n, k = map(int, sizes)
    if m != n or o.lanes != 32:
        raise unknown(o)
    a_type, b_type = _operand_types(o, operand)
    words = k * _BYTES[operand] // 4
    sources = [_source(o, 0, words, a_type, m), _source(o, 1, words, b_type, m)]
    rows = 2 * np.arange(m * m // o.lanes)[:, None] + np.arange(o.lanes) // m
    addend, write = _accumulator(o, result, rows, m)
    wide = np.int64 if result == "i32" else np.float64
    flop = 2 * m * n * k

    def run(w: Waves) -> None:
        a, b = (source(w).astype(wide) for source in sources)
        total = np.matmul(a, b.transpose(0, 2, 1)) + addend(w)
        w.batch.run.counts.matrix_flop += flop * w.count
        write(w, total.astype(_RESULTS[result]))

    return run


def _operand_types(o: Operands, operand: str) -> tuple[str, str]:
    """The types of A and B; modifiers that change more than that are not known."""
    i = o.instruction
    if i["clamp"] or i["neg_hi"] or i["opsel"]:
        raise unknown(o, "with modifiers")
    if operand == "iu8":  # neg says whether a source is signed
        signed = "i8" if i["neg"] & 1 else "u8", "i8" if i["neg"] & 2 else "u8"
        return signed
    if i["neg"]:
        raise unknown(o, "with neg")
    return operand, operand


def _source(
    o: Operands, number: int, words: int, type: str, count: int
) -> Callable[[Waves], np.ndarray]:
    """A or B transposed: [waves, count, k]; the upper lanes repeat the lower ones."""
    i = o.instruction
    first = i[f"src{number}"] - VECTOR
    if first < 0:
        raise unknown(o, "a source that is no vector register")
    o.note(o.reads, first, 32 * words)

    def read(w: Waves) -> np.ndarray:
        raw = np.stack([w.u32[first + word] for word in range(words)], axis=-1)
        values = _elements(raw, type)  # [waves, lanes, elements]
        lower, upper = raw[:, :count], raw[:, count:]
        unlike = (lower != upper).any(-1)
        if unlike.any() and w.batch.options.check:
            message = f"needs lanes {count} and up to hold what the first {count} hold"
            where = np.argwhere(unlike)
            lanes = where[:, 0] * w.lanes + where[:, 1] + count
            w.batch.report("divergence", i, message, w, lanes)
        return values[:, :count]

    return read


def _elements(raw: np.ndarray, type: str) -> np.ndarray:
    if type == "bf16":
        return (raw.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return raw.view(_DTYPES[type])


def _accumulator(
    o: Operands, result: str, rows: np.ndarray, m: int
) -> tuple[Callable[[Waves], np.ndarray], Callable[[Waves, np.ndarray], None]]:
    """How C is read as [waves, m, m], and written back."""
    i = o.instruction
    count = len(rows)
    columns = np.broadcast_to(np.arange(o.lanes) % m, rows.shape)
    to = i["vdst"]
    o.note(o.writes, to, 32 * count)
    dtype = _RESULTS[result]

    def write(w: Waves, total: np.ndarray) -> None:
        held = np.ascontiguousarray(total[:, rows, columns])  # [waves, registers, lanes]
        for register in range(count):
            w.u32[to + register][...] = held[:, register].view(np.uint32)

    code = i["src2"]
    if code < VECTOR:
        constant = o.constant(code, result)
        return lambda w: constant, write
    first = code - VECTOR
    o.note(o.reads, first, 32 * count)

    def read(w: Waves) -> np.ndarray:
        raw = np.stack([w.u32[first + register] for register in range(count)], 1)
        c = np.empty((w.count, m, m), dtype)
        c[:, rows, columns] = raw.view(dtype)
        return c

    return read, write
