"""The global memory of an emulated device: one array of bytes, with what is known about each.

Addresses are `BASE` plus an offset into the array.  Buffers start at multiples of 256 and are
followed by a gap, so that an access past the end of one does not land in the next.

A load may go on to the end of the granule of 16 bytes that holds the last byte of its buffer:
kernels are told that buffers start at multiples of 16, no page ends within an aligned granule, and
so LLVM may read three elements as four.  Drivers give every buffer whole granules.  What is read
there means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from clawc.runtime.errors import OutOfMemory

BASE = 1 << 40
ALIGNMENT = 256  # of a buffer; also the granule by which `limits` is kept
GRANULE = 16  # bytes of a buffer that are all there if one of them is
POISON = 0xFF  # fills what is not initialised: a NaN in every floating-point type
Offsets = TypeVar("Offsets", int, np.ndarray)
FIRST_SIZE, LARGEST_SIZE = 1 << 20, 1 << 36


@dataclass(frozen=True, eq=False)
class Buffer:
    """A piece of global memory."""

    offset: int  # into the array of bytes
    size: int  # as asked for, in bytes

    @property
    def address(self) -> int:
        return BASE + self.offset


def end_of_granule(offset: Offsets) -> Offsets:
    """The first multiple of the granule that is not before `offset`."""
    return (offset + GRANULE - 1) & -GRANULE


class GlobalMemory:
    """`data[i]` is the byte at address `BASE + i`; arrays are replaced when memory grows."""

    def __init__(self) -> None:
        self.data = np.empty(0, np.uint8)
        self.initialised = np.empty(0, np.uint8)  # 1 for bytes that somebody wrote
        self.free_at: dict[int, list[int]] = {}  # offsets of freed places by size
        self.end = ALIGNMENT

    def alloc(self, size: int) -> Buffer:
        """A buffer of `size` bytes, poisoned."""
        place = (size // ALIGNMENT + 2) * ALIGNMENT
        if self.free_at.get(place):
            offset = self.free_at[place].pop()
        else:
            offset, self.end = self.end, self.end + place
            self.grow()
        self.data[offset : offset + place] = POISON
        self.initialised[offset : offset + place] = 0
        self.initialised[offset + size : offset + end_of_granule(size)] = 1  # nobody's to write
        return Buffer(offset, size)

    def grow(self) -> None:
        if self.end <= len(self.data):
            return
        size = max(FIRST_SIZE, 2 * len(self.data), -(-self.end // FIRST_SIZE) * FIRST_SIZE)
        if size > LARGEST_SIZE:
            raise OutOfMemory("alloc", f"{self.end} bytes", f"the emulator has {LARGEST_SIZE}")
        for name in ("data", "initialised"):
            old = getattr(self, name)
            try:
                new = np.zeros(size, np.uint8)
            except MemoryError as error:
                raise OutOfMemory("alloc", f"{size} bytes", str(error)) from None
            new[: len(old)] = old
            setattr(self, name, new)

    def free(self, buffer: Buffer) -> None:
        place = (buffer.size // ALIGNMENT + 2) * ALIGNMENT
        self.free_at.setdefault(place, []).append(buffer.offset)

    def write(self, buffer: Buffer, data: np.ndarray) -> None:
        self.data[buffer.offset : buffer.offset + len(data)] = data
        self.initialised[buffer.offset : buffer.offset + len(data)] = 1

    def read(self, buffer: Buffer, size: int) -> np.ndarray:
        return self.data[buffer.offset : buffer.offset + size]

    def limits(self, buffers: list[Buffer]) -> np.ndarray:
        """For each granule of 256 bytes, the end of the buffer that owns it; 0: nobody does.

        An access of n bytes at offset i is in bounds if `i + n <= limits[i >> 8]`.
        """
        limits = np.zeros(len(self.data) // ALIGNMENT, np.int64)
        for buffer in buffers:
            first = buffer.offset // ALIGNMENT
            granules = -(-buffer.size // ALIGNMENT)
            limits[first : first + granules] = buffer.offset + buffer.size
        return limits
