"""Buffers kept for the next call, so that repeated calls do not allocate."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Protocol
from weakref import WeakSet

from clawc.runtime.errors import OutOfMemory
from clawc.runtime.left_behind import LeftBehind

SMALLEST = 256


class Allocator(Protocol):
    def alloc(self, size: int) -> Any: ...
    def free(self, buffer: Any) -> None: ...


class Keeper(Protocol):
    """Who holds buffers for a later time."""

    def let_go(self) -> None: ...


def size_class(size: int) -> int:
    """Sizes are rounded up, by an eighth at most, so that changing shapes find a buffer."""
    if size <= SMALLEST:
        return SMALLEST
    step = max(SMALLEST, 1 << (size.bit_length() - 4))
    return -(-size // step) * step


class BufferPool:
    """Unused buffers by size.  With those in use they never take more than was once in use at a
    time; a device that runs out of memory gets all of them back before it fails."""

    def __init__(self, allocator: Allocator) -> None:
        self.allocator = allocator
        self.unused: OrderedDict[int, list[Any]] = OrderedDict()  # last used size last
        self.lock = Lock()
        self.left: LeftBehind[tuple[Any, int]] = LeftBehind()  # buffers and their sizes
        self.keepers: WeakSet[Keeper] = WeakSet()
        self.unused_bytes = self.used_bytes = self.most_used_bytes = 0

    def take(self, size: int) -> Any:
        if len(self.left):
            for buffer, unneeded in self.left:
                self.give(buffer, unneeded)
        rounded = size_class(size)
        with self.lock:
            self.used_bytes += rounded
            self.most_used_bytes = max(self.most_used_bytes, self.used_bytes)
            if rounded in self.unused:
                return self.pop(rounded)
        try:
            return self.alloc(rounded)
        except BaseException:
            self.lose(size)
            raise

    def alloc(self, rounded: int) -> Any:
        try:
            return self.allocator.alloc(rounded)
        except OutOfMemory:
            self.empty()
            return self.allocator.alloc(rounded)

    def give(self, buffer: Any, size: int) -> None:
        """Put back what `take(size)` gave."""
        rounded = size_class(size)
        dropped = []
        with self.lock:
            self.used_bytes -= rounded
            self.unused_bytes += rounded
            self.unused.setdefault(rounded, []).append(buffer)
            self.unused.move_to_end(rounded)
            while self.used_bytes + self.unused_bytes > self.most_used_bytes:
                dropped.append(self.pop(next(iter(self.unused))))
        for buffer in dropped:
            self.allocator.free(buffer)

    def lose(self, size: int) -> None:
        """What `take(size)` gave is somebody else's now."""
        with self.lock:
            self.used_bytes -= size_class(size)

    def pop(self, rounded: int) -> Any:
        buffers = self.unused[rounded]
        self.unused_bytes -= rounded
        buffer = buffers.pop()
        if not buffers:
            del self.unused[rounded]
        return buffer

    def empty(self) -> None:
        """Free all that is not in use by a call or held by a program."""
        for keeper in list(self.keepers):
            keeper.let_go()
        for buffer, size in self.left:
            self.give(buffer, size)
        self.trim()

    def trim(self) -> None:
        """Free all that is not in use."""
        with self.lock:
            dropped = [buffer for buffers in self.unused.values() for buffer in buffers]
            self.unused.clear()
            self.unused_bytes = 0
        for buffer in dropped:
            self.allocator.free(buffer)
