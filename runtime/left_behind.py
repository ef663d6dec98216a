"""What belonged to objects that are gone: noted by the garbage collector, cared for later.

The collector may run anywhere, also while a lock is held, so that it must not call a driver.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class LeftBehind(Generic[T]):
    """Iterating takes the things out; several threads may do so at once."""

    def __init__(self) -> None:
        self.things: deque[T] = deque()

    def when_gone(self, owner: Any, thing: T) -> None:
        """Note `thing` when nobody has `owner` any more, but not at the process's end."""
        weakref.finalize(owner, self.things.append, thing).atexit = False

    def __iter__(self) -> Iterator[T]:
        while True:
            try:
                yield self.things.popleft()
            except IndexError:
                return

    def __len__(self) -> int:
        return len(self.things)
