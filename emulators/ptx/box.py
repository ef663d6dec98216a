"""What a copy in bulk moves: rows of bytes in global memory, their pieces in shared memory.

A range of bytes is one row.  Of a box of a tensor, rows that are outside of the tensor, and ends of
rows that are, are filled where they are read, and not written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from clawc.emulators.interface import EmulationError
from clawc.emulators.memory import BASE, POISON
from clawc.emulators.ptx.tensor_map import TensorMap, swizzled
from clawc.emulators.ptx.threads import Threads
from clawc.emulators.ptx.values import Array

PIECE = 16  # bytes of shared memory that stay together
TENSOR_ALIGNMENT = 128  # of a box in shared memory
_CONVERTED = ("f32.ftz", "tf32", "tf32.ftz")  # types whose values a copy changes

tensor_map = lru_cache(maxsize=64)(TensorMap)


@dataclass(frozen=True)
class Box:
    """What one lane's copy moves.  All rows have the same bytes inside of the tensor."""

    lane: int
    base: int  # where its workgroup's shared memory begins, in the bytes of all
    pieces: Array  # offsets in shared memory, [rows, pieces of a row]
    inside: Array  # the numbers of the rows that are inside
    starts: Array  # where what is inside of them begins: offsets in global memory
    first: int  # the byte of a row where that is,
    width: int  # and how many bytes are inside
    type_: str = ""  # of the elements, as a tensor map says it
    fill: str = "zero"  # of what is outside

    @property
    def bytes(self) -> int:
        """That the copy moves, those outside among them."""
        return PIECE * self.pieces.size

    @property
    def places(self) -> Array:
        """Offsets in global memory of all bytes inside, [rows inside, width]."""
        return self.starts[:, None] + np.arange(self.width)

    @property
    def bytes_inside(self) -> Array:
        """Which bytes of the rows are inside, [rows, bytes]."""
        inside = np.zeros((len(self.pieces), PIECE * self.pieces.shape[1]), np.bool_)
        inside[self.inside, self.first : self.first + self.width] = True
        return inside

    def from_global(self, t: Threads) -> Array:
        """The box as it is to be in shared memory, [rows, pieces, bytes]."""
        rows, pieces = self.pieces.shape
        filling = POISON if self.fill == "nan" else 0
        found = np.full((rows, PIECE * pieces), filling, np.uint8)
        found[self.inside, self.first : self.first + self.width] = t.bytes["global"][self.places]
        return found.reshape(rows, pieces, PIECE)

    def from_shared(self, t: Threads) -> Array:
        return t.bytes["shared"].reshape(-1, PIECE)[self.pieces // PIECE]

    def to_shared(self, t: Threads, values: Array) -> None:
        t.bytes["shared"].reshape(-1, PIECE)[self.pieces // PIECE] = values

    def rows_inside(self, values: Array) -> Array:
        """Of the box's bytes those that are inside, [rows inside, width]."""
        rows = values.reshape(len(self.pieces), -1)
        return np.ascontiguousarray(rows[self.inside, self.first : self.first + self.width])


def range_box(lane: int, base: int, shared: int, address: int, size: int) -> Box:
    """`size` bytes, a multiple of 16, at an address within shared memory and a global one."""
    pieces = np.arange(shared, shared + size, PIECE)[None]
    first_row = np.zeros(1, np.int64)
    return Box(lane, base, pieces + base, first_row, first_row + address - BASE, 0, size)


def tensor_box(lane: int, base: int, shared: int, data: bytes, coordinates: list[int]) -> Box:
    """The box of a tensor at some coordinates, the innermost first; `data` is its map."""
    tensor = tensor_map(data)
    if tensor.rank != len(coordinates):
        raise EmulationError(
            f"a copy of {len(coordinates)} dimensions of a tensor that has {tensor.rank}"
        )
    if tensor.type in _CONVERTED:
        raise EmulationError(f"a copy of a tensor of type {tensor.type}: the emulator lacks it")
    offset, inside = np.zeros(1, np.int64), np.ones(1, np.bool_)
    for dimension in range(1, tensor.rank):  # each next one is an outer loop
        steps = np.arange(tensor.box[dimension]) * tensor.steps[dimension]
        index = coordinates[dimension] + steps[:, None]
        offset = (offset + index * tensor.strides[dimension]).reshape(-1)
        within = (index >= 0) & (index < tensor.dims[dimension])
        inside = (inside & within).reshape(-1)
    low = max(0, -coordinates[0])
    high = min(int(tensor.box[0]), int(tensor.dims[0]) - coordinates[0])
    rows = np.flatnonzero(inside) if high > low else np.zeros(0, np.int64)
    begin = tensor.address - BASE + (coordinates[0] + low) * tensor.size
    row, piece = np.arange(tensor.rows)[:, None], np.arange(tensor.pitch // PIECE)
    pieces = swizzled(shared + row * tensor.pitch + piece * PIECE, tensor.swizzle)
    return Box(
        *(lane, base, pieces + base, rows, begin + offset[rows]),
        *(low * tensor.size, max(0, high - low) * tensor.size, tensor.type, tensor.fill),
    )
