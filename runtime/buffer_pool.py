"""Buffers kept for the next call, so that repeated calls do not allocate."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import Any, Protocol

from clawc.runtime.errors import OutOfMemory

SMALLEST = 256


class Allocator(Protocol):
    def alloc(self, size: int) -> Any: ...
    def free(self, buffer: Any) -> None: ...


def size_class(size: int) -> int:
    """Sizes are rounded up, by an eighth at most, so that changing shapes find a buffer."""
    step = max(SMALLEST, 1 << max(0, size.bit_length() - 4))
    return max(SMALLEST, -(-size // step) * step)


class BufferPool:
    """Free buffers by size; a device that runs out of memory gets them back before it fails."""

    def __init__(self, allocator: Allocator) -> None:
        self.allocator = allocator
        self.free: dict[int, list[Any]] = defaultdict(list)
        self.lock = Lock()

    def take(self, size: int) -> Any:
        rounded = size_class(size)
        with self.lock:
            if self.free[rounded]:
                return self.free[rounded].pop()
        try:
            return self.allocator.alloc(rounded)
        except OutOfMemory:
            self.trim()
            return self.allocator.alloc(rounded)

    def give(self, buffer: Any, size: int) -> None:
        """Put back what `take(size)` gave."""
        with self.lock:
            self.free[size_class(size)].append(buffer)

    def trim(self) -> None:
        """Free all that is not in use."""
        with self.lock:
            unused = [buffer for buffers in self.free.values() for buffer in buffers]
            self.free.clear()
        for buffer in unused:
            self.allocator.free(buffer)
