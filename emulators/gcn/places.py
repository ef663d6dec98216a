"""Which memory an address is of, and where in it: global, the code object's, LDS, or scratch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clawc.emulators.gcn.memory import Space
from clawc.emulators.gcn.waves import Waves
from clawc.emulators.gcn.windows import PRIVATE_APERTURE, SHARED_APERTURE, WINDOW
from clawc.emulators.memory import BASE

_OUTSIDE = np.int64(1) << 62
_WORD = np.int64(0xFFFFFFFF)

Place = tuple[Space, np.ndarray, np.ndarray]  # the memory, lanes, their offsets in it


def in_shared(w: Waves, lanes: np.ndarray, at: np.ndarray, size: int) -> Place:
    """LDS of the lane's own workgroup: each has its part of the space."""
    part = w.batch.local_bytes
    first = w.group[lanes // w.lanes] * part
    inside = (at >= 0) & (at + size <= part)
    return w.batch.local, lanes, np.where(inside, first + at, _OUTSIDE)


def in_private(w: Waves, lanes: np.ndarray, at: np.ndarray, size: int) -> Place:
    """Scratch: each lane has its own."""
    part = w.scratch.shape[2]
    inside = (at >= 0) & (at + size <= part)
    return w.batch.private(w), lanes, np.where(inside, lanes * part + at, _OUTSIDE)


def in_global(w: Waves, lanes: np.ndarray, addresses: np.ndarray) -> Iterator[Place]:
    """Global memory, and what the loader put there: the code object, the arguments."""
    memory, image, arguments = w.batch.run.spaces[0], w.batch.run.spaces[1], w.batch.run.arguments
    for which, part in _windows(addresses):
        space = {1: image, 2: arguments}.get(which, memory)
        yield space, lanes[part], addresses[part] - space.base


def in_any(w: Waves, lanes: np.ndarray, addresses: np.ndarray, size: int) -> Iterator[Place]:
    """What a `flat_` access reaches."""
    for which, part in _windows(addresses):
        some, at = lanes[part], addresses[part]
        if which == SHARED_APERTURE >> WINDOW:
            yield in_shared(w, some, at & _WORD, size)
        elif which == PRIVATE_APERTURE >> WINDOW:
            yield in_private(w, some, at & _WORD, size)
        else:
            yield from in_global(w, some, at)


def _windows(addresses: np.ndarray) -> Iterator[tuple[int, slice | np.ndarray]]:
    """Lanes by the window that their addresses are in; nearly always it is one."""
    if not addresses.size:
        yield BASE >> WINDOW, slice(None)
        return
    which = addresses >> WINDOW
    lowest, highest = int(which.min()), int(which.max())
    if lowest == highest:
        yield lowest, slice(None)
        return
    for each in np.unique(which):
        yield int(each), np.flatnonzero(which == each)
