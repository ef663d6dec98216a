"""Matrix instructions: WMMA of RDNA 3 and MFMA of CDNA.

A lane holds a run of elements along k of one row of A, and of one column of B; the lanes beyond the
rows go on along k (MFMA) or repeat the first ones (WMMA).  Products are summed in double precision
and rounded once: the manuals leave the order of the sum open.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from clawc.runtime.emulation.gcn_operands import VECTOR, Operands
from clawc.runtime.emulation.gcn_step import Run, unknown
from clawc.runtime.emulation.gcn_waves import Waves

MATRIX = re.compile(r"v_(wmma|mfma)_(f32|f64|i32)_(\d+)x(\d+)x(\d+)_?(f16|bf16|f32|f64|i8|iu8)$")
_BYTES = {"f16": 2, "bf16": 2, "f32": 4, "f64": 8, "i8": 1, "iu8": 1}
_DTYPES = {"f16": np.float16, "f32": np.float32, "f64": np.float64, "i8": np.int8, "u8": np.uint8}
_RESULTS = {"f32": np.float32, "f64": np.float64, "i32": np.int32}


def matrix(o: Operands) -> Run:
    """The step of C = A B + C by a whole wave; EXEC does not matter."""
    i = o.instruction
    found = MATRIX.match(i.name)
    if not found:
        raise unknown(o)
    family, result, *sizes, operand = found.groups()
    m, n, k = map(int, sizes)
    wmma = family == "wmma"
    if m != n or (wmma and o.lanes != 32):
        raise unknown(o)
    a_type, b_type = _operand_types(o, operand, wmma)
    held = k if wmma else k * m // o.lanes
    words = held * _BYTES[operand] // 4
    sources = [
        _source(o, 0, words, a_type, 0 if wmma else m, m),
        _source(o, 1, words, b_type, 0 if wmma else m, m),
    ]
    rows = _rows(m, o.lanes, wmma, result)
    addend, write = _accumulator(o, result, rows, m)
    wide = np.int64 if result == "i32" else np.float64
    flop = 2 * m * n * k

    def run(w: Waves) -> None:
        a, b = (source(w).astype(wide) for source in sources)
        total = np.matmul(a, b.transpose(0, 2, 1)) + addend(w)
        w.batch.run.counts.matrix_flop += flop * w.count
        write(w, total.astype(_RESULTS[result]))

    return run


def _operand_types(o: Operands, operand: str, wmma: bool) -> tuple[str, str]:
    """The types of A and B; modifiers that change more than that are not known."""
    i = o.instruction
    if not wmma:
        if i["cbsz"] or i["abid"] or i["blgp"]:
            raise unknown(o, "with cbsz, abid or blgp")
        return operand, operand
    if i["clamp"] or i["neg_hi"] or i["opsel"]:
        raise unknown(o, "with modifiers")
    if operand == "iu8":  # neg says whether a source is signed
        signed = "i8" if i["neg"] & 1 else "u8", "i8" if i["neg"] & 2 else "u8"
        return signed
    if i["neg"]:
        raise unknown(o, "with neg")
    return operand, operand


def _source(
    o: Operands, number: int, words: int, type: str, rows: int, count: int
) -> Callable[[Waves], np.ndarray]:
    """A or B transposed: [waves, count, k]; `rows` is 0 where the upper lanes repeat the lower."""
    i = o.instruction
    first = i[f"src{number}"] - VECTOR
    if first < 0:
        raise unknown(o, "a source that is no vector register")
    if i["acc"] >> number & 1:
        first += o.accumulators
    o.note(o.reads, first, 32 * words)

    def read(w: Waves) -> np.ndarray:
        raw = np.stack([w.u32[first + word] for word in range(words)], axis=-1)
        values = _elements(raw, type)  # [waves, lanes, elements]
        if not rows:
            lower, upper = raw[:, :count], raw[:, count:]
            unlike = (lower != upper).any(-1)
            if unlike.any() and w.batch.options.check:
                message = f"needs lanes {count} and up to hold what the first {count} hold"
                where = np.argwhere(unlike)
                lanes = where[:, 0] * w.lanes + where[:, 1] + count
                w.batch.report("divergence", i, message, w, lanes)
            return values[:, :count]
        parts = values.reshape(w.count, w.lanes // rows, rows, -1)
        return parts.transpose(0, 2, 1, 3).reshape(w.count, rows, -1)

    return read


def _elements(raw: np.ndarray, type: str) -> np.ndarray:
    if type == "bf16":
        return (raw.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return raw.view(_DTYPES[type])


def _rows(m: int, lanes: int, wmma: bool, result: str) -> np.ndarray:
    """The row of C that each register holds in each lane: [registers, lanes]."""
    lane = np.arange(lanes)
    register = np.arange(m * m // lanes)[:, None]
    part = lane // m
    if wmma:
        return 2 * register + part
    if result == "f64":
        return register * (lanes // m) + part
    return register // 4 * (4 * lanes // m) + 4 * part + register % 4


def _accumulator(
    o: Operands, result: str, rows: np.ndarray, m: int
) -> tuple[Callable[[Waves], np.ndarray], Callable[[Waves, np.ndarray], None]]:
    """How C is read as [waves, m, m], and written back."""
    i = o.instruction
    words = 2 if result == "f64" else 1
    count = len(rows)
    columns = np.broadcast_to(np.arange(o.lanes) % m, rows.shape)
    base = o.accumulators if i["acc_cd"] else 0
    to = i["vdst"] + base
    o.note(o.writes, to, 32 * words * count)
    dtype = _RESULTS[result]

    def write(w: Waves, total: np.ndarray) -> None:
        held = np.ascontiguousarray(total[:, rows, columns])  # [waves, registers, lanes]
        raw = held.view(np.uint32).reshape(*held.shape, words)
        for register in range(count):
            for word in range(words):
                w.u32[to + register * words + word][...] = raw[:, register, :, word]

    code = i["src2"]
    if code < VECTOR:
        constant = o.constant(code, result)
        return lambda w: constant, write
    first = code - VECTOR + base
    o.note(o.reads, first, 32 * words * count)

    def read(w: Waves) -> np.ndarray:
        raw = np.stack([w.u32[first + word] for word in range(words * count)], 1)
        raw = raw.reshape(w.count, count, words, o.lanes).transpose(0, 1, 3, 2)
        values = np.ascontiguousarray(raw).view(dtype)[..., 0]
        c = np.empty((w.count, m, m), dtype)
        c[:, rows, columns] = values
        return c

    return read, write
