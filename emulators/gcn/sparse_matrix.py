"""SMFMAC, the products of CDNA 3 and 4 with a sparse A: of each four along k, two are there."""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.matrix_types import BITS, decoded
from clawc.emulators.gcn.mfma import LANES, RESULTS, accumulator, operand, product_of, words
from clawc.emulators.gcn.operands import VECTOR, Operands
from clawc.emulators.gcn.step import Run, unknown
from clawc.emulators.gcn.waves import Waves


def sparse_matrix(o: Operands) -> Run:
    """D = A B + D.  CDNA 3 ISA, "Sparse Matrix Arithmetic": a register says with 2 bits for each
    element of A which of its four it is; where it has room for several sets, `abid` says which."""
    i = o.instruction
    product = product_of(o)
    if i["blgp"]:
        raise unknown(o, "with blgp")
    held = product.held // 2  # of A; a lane of B holds the whole run
    raw_a = words(o, 0, held * BITS[product.a] // 32)
    read_b = operand(o, 1, product, product.b)
    sets = 32 // (2 * held)
    chosen = i["abid"] if sets > 1 and not i["cbsz"] else 0
    if chosen >= sets:
        raise unknown(o, f"with abid {i['abid']}")
    index = i["src2"] - VECTOR
    if index < 0:
        raise unknown(o, "an index that is no vector register")
    o.note(o.reads, index, 32)
    addend, write = accumulator(o, product, i["vdst"] + VECTOR)
    standard = o.generation.small_floats
    wide = np.int64 if product.result == "i32" else np.float64
    which = (2 * np.arange(held) + 2 * held * chosen).astype(np.uint32)  # the lowest bit of each
    four = np.arange(held) // 2 * 4
    run_start = np.arange(LANES) // product.m * product.held

    def run(w: Waves) -> None:
        a = decoded(raw_a(w), product.a, standard)  # [waves, lanes, held]
        place = (w.u32[index][..., None] >> which & np.uint32(3)).astype(np.int64)
        k = run_start[:, None] + four + place
        a, k = (_by_row(x, product.m) for x in (a, k))  # [waves, m, k / 2]
        b = read_b(w)[:, 0].swapaxes(1, 2)  # [waves, k, n]
        met = b[np.arange(w.count)[:, None, None], k]  # [waves, m, k / 2, n]
        total = (a[..., None] * met).sum(2).astype(wide) + addend(w)[:, 0]
        w.batch.run.counts.matrix_flop += product.flop // 2 * w.count
        write(w, total.astype(RESULTS[product.result])[:, None])

    return run


def _by_row(x: np.ndarray, m: int) -> np.ndarray:
    """[waves, lanes, held] as [waves, m, all of a row]."""
    waves, lanes, held = x.shape
    return x.reshape(waves, lanes // m, m, held).swapaxes(1, 2).reshape(waves, m, -1)
