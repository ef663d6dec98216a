"""CDNA 4's products of 8-, 6- and 4-bit floats, with scales of blocks or without.

After LLVM's "Syntax of AMDGPU Instruction Modifiers" (cbsz and blgp say which types), and the OCP
"Microscaling Formats (MX) Specification": a scale of 8 bits is 2 to the power of its code - 127.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clawc.emulators.gcn.matrix_types import BITS
from clawc.emulators.gcn.mfma import (
    LANES,
    Product,
    Source,
    accumulator,
    operand,
    product_of,
)
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import Waves

_TYPES = ("fp8", "bf8", "fp6", "bf6", "fp4")
_NAN_SCALE = 255


def mixed_matrix(o: Operands) -> Run:
    """The step of `v_mfma_f32_..._f8f6f4` and `v_mfma_scale_f32_..._f8f6f4`."""
    i, product = o.instruction, product_of(o)
    codes = i["cbsz"], i["blgp"]
    if max(codes) >= len(_TYPES):
        raise unknown(o, f"with cbsz {codes[0]} and blgp {codes[1]}")
    of = replace(product, a=_TYPES[codes[0]], b=_TYPES[codes[1]])
    read_a, read_b = operand(o, 0, of, of.a), operand(o, 1, of, of.b)
    scale_a = _scale(o, of.m, of.held, 0) if i.extra else None
    scale_b = _scale(o, of.n, of.held, 1) if i.extra else None
    addend, write = accumulator(o, product, i["src2"])

    order_a, order_b = _order(of, of.a), _order(of, of.b)

    def run(w: Waves) -> None:
        a, b = read_a(w)[..., order_a], read_b(w)[..., order_b]
        if scale_a is not None and scale_b is not None:
            a, b = a * scale_a(w), b * scale_b(w)
        total = np.matmul(a, b.swapaxes(-1, -2)) + addend(w).astype(np.float64)
        w.batch.run.counts.matrix_flop += product.flop * w.count
        write(w, total.astype(np.float32))

    return run


def _order(product: Product, type: str) -> np.ndarray:
    """Where element k of a row is in what the row's lanes hold, one after the other.

    A lane has 32 elements that follow each other; but of types of 8 bits, 16 of either half of k.
    """
    k = np.arange(product.k)
    if BITS[type] < 8:
        return k
    half, place = k // (product.k // 2), k % (product.k // 2)
    return place // 16 * 32 + half * 16 + place % 16


def _scale(o: Operands, side: int, held: int, number: int) -> Source:
    """What each element of A or B is multiplied with: [waves, 1, side, k].  A lane has the scale
    of the elements that it holds, in a byte of a register."""
    extra = o.instruction.extra
    raw = o.source(extra[f"scale{number}"], "u32")
    shift = np.uint32(8 * extra[f"byte{number}"])

    def read(w: Waves) -> np.ndarray:
        code = np.broadcast_to(raw(w) >> shift & np.uint32(255), (w.count, LANES)).astype(np.int32)
        scale = np.where(code == _NAN_SCALE, np.nan, np.ldexp(1.0, code - 127))
        of_rows = scale.reshape(w.count, 1, -1, side).swapaxes(-1, -2)
        return np.repeat(of_rows, held, axis=-1)

    return read
