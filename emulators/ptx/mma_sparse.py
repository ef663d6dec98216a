"""The metadata of `mma.sp`: where the elements belong that are stored of a sparse matrix.

PTX ISA, "Sparse matrix storage" and "Matrix fragments for multiply-accumulate operation with sparse
matrix A".  Of each chunk of a row half is stored; four bits of metadata, two indices of two bits,
say which half.  Lanes 4g to 4g+3 hold the metadata of rows g and g+8; the selector says which of
them, where not all are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Threads
from clawc.emulators.ptx.values import Array

_ROWS = 16
_CHUNK = {"tf32": 2, "s4": 8, "u4": 8, "e2m1x2": 8}  # elements; of the other types 4
_WIDE = ("f16", "bf16", "tf32")  # both rows' metadata are in one lane
_ONE_OF_TWO = (0b0100, 0b1110)  # what tf32 may have: the first or the second of two elements


@dataclass(frozen=True)
class Metadata:
    """Of one instruction's form: the type of A, K, and which lanes hold the metadata."""

    type_: str
    k: int
    selector: int
    ordered: bool

    @property
    def chunk(self) -> int:
        return _CHUNK.get(self.type_, 4)

    @property
    def selectors(self) -> int:
        """How many selectors there are: how often the metadata fit into four lanes."""
        return 16 // (self.k // self.chunk)

    def nibbles(self, words: Array) -> Array:
        """[warps, lanes] to the bits of each chunk, [warps, rows, chunks]."""
        row, chunk = np.arange(_ROWS)[:, None], np.arange(self.k // self.chunk)
        if self.type_ in _WIDE:
            lanes = self.k // self.chunk // 4
            lane, bit = lanes * self.selector + chunk // 4, 16 * (row // 8) + chunk % 4 * 4
        else:
            lane, bit = 2 * self.selector + chunk // 8 * 2 + row // 8, chunk % 8 * 4
        return words[:, 4 * (row % 8) + lane] >> bit.astype(np.uint32) & np.uint32(15)

    def columns(self, nibbles: Array) -> Array:
        """[warps, rows, K/2]: the column of each stored element."""
        first = np.arange(self.k // self.chunk)[:, None] * self.chunk
        low, high = nibbles & 3, nibbles >> 2
        if self.chunk == 2:
            within = (low // 2)[..., None]
        elif self.chunk == 4:
            within = np.stack([low, high], axis=-1)
        else:  # pairs of elements
            within = np.stack([2 * low, 2 * low + 1, 2 * high, 2 * high + 1], axis=-1)
        return (first + within.astype(np.int64)).reshape(len(nibbles), _ROWS, -1)

    def spread(
        self, t: Threads, instruction: Instruction, lanes: Array, words: Array, a: Array
    ) -> Array:
        """A as it is stored, [warps, rows, K/2], with its zeros, [warps, rows, K]."""
        nibbles = self.nibbles(words.reshape(-1, WARP))
        low, high = nibbles & 3, nibbles >> 2
        if self.chunk == 2:
            wrong = ~np.isin(nibbles, _ONE_OF_TWO)
        else:
            wrong = low >= high if self.ordered else low == high
        if wrong.any():
            message = "has metadata that name no two elements in their order"
            warps = np.flatnonzero(wrong.any(axis=(1, 2)))
            t.report("metadata", instruction, message, lanes.reshape(-1, WARP)[warps, 0])
        whole = np.zeros((*a.shape[:2], self.k))
        np.put_along_axis(whole, self.columns(nibbles), a, axis=2)
        return whole
