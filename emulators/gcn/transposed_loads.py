"""Loads from LDS that turn a matrix on their way, of CDNA 4: `ds_read_b64_tr_b16` and its like.

16 lanes bring, one after the other, the rows of a matrix of 16 columns; each of them gets a column.
What makes these lanes a matrix is how compilers use it: checked with Triton's products.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from clawc.emulators.gcn.memory import Access, load
from clawc.emulators.gcn.operands import Operands
from clawc.emulators.gcn.step import Run
from clawc.emulators.gcn.transfers import Form, result
from clawc.emulators.gcn.waves import Waves

TOGETHER = 16  # lanes, and columns
_NAME = re.compile(r"ds_load_b(64|96)_tr_b(16|8|6|4)$")


def element_bits(name: str) -> tuple[int, int] | None:
    """The bytes of a lane and the bits of an element; None if it is not one of these loads."""
    found = _NAME.match(name)
    return (int(found[1]) // 8, int(found[2])) if found else None


def transposed(
    o: Operands, size: int, bits: int, reach: Callable[[Waves], Iterable[Access]]
) -> Run:
    """The load of `size` bytes a lane."""
    put = result(
        o,
        o.instruction["vdst"] + (o.accumulators if o.instruction["acc"] else 0),
        Form("load", "b", size),
    )

    def run(w: Waves) -> None:
        groups = w.exec.reshape(-1, TOGETHER)
        torn = groups.any(1) & ~groups.all(1)
        if torn.any():
            message = f"needs all or none of each {TOGETHER} lanes"
            lanes = np.flatnonzero(w.exec & np.repeat(torn, TOGETHER).reshape(w.exec.shape))
            w.batch.report("divergence", o.instruction, message, w, lanes)
            return
        for access in reach(w):
            words = np.zeros((w.exec.size, size // 4), np.uint32)
            words[access.lanes] = np.stack(load(w, access), -1)
            turned = _turned(words, bits)
            put(w, access.lanes, list(turned[access.lanes].T))

    return run


def _turned(words: np.ndarray, bits: int) -> np.ndarray:
    """[lanes, words] as rows of 16 elements, and back as columns."""
    lanes, count = words.shape
    loose = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")
    rows = loose.reshape(lanes // TOGETHER, -1, TOGETHER, bits)
    columns = rows.swapaxes(1, 2).reshape(lanes, 32 * count)
    return np.packbits(columns, axis=1, bitorder="little").view(np.uint32)
