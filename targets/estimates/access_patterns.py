"""The transactions that an access of all threads takes, by the addresses of its lanes.

What a transaction is, the emulators count by the same rules (`emulated_counts`); here the addresses
are those of the first workgroup, of the first round of each loop, and of sizes that tiles divide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from clawc.chips.transactions import bank_passes, fewest_sectors, sectors
from clawc.targets.estimates.index_values import Number

_PERIOD = 128  # bytes: a multiple of a sector, and all banks once


class Active:
    """The threads of a workgroup that may be at some place of a kernel."""

    def __init__(self, mask: np.ndarray) -> None:
        self.mask = mask
        self.count = int(mask.sum())
        self.all = self.count == len(mask)

    def where(self, condition: bool | np.ndarray) -> Active:
        """Those of them for which a condition may hold."""
        if condition is True:
            return self
        return Active(self.mask & condition)


@dataclass
class AccessPatterns:
    """Transactions of a workgroup whose warps have so many lanes; equal patterns count once."""

    lanes: int
    _known: dict[tuple, tuple[int, int]] = field(default_factory=dict)

    def transactions(
        self, space: str, offsets: Number, size: int, active: Active
    ) -> tuple[int, int]:
        """Of an access of `size` bytes at byte `offsets`, [threads], by the `active` threads; and
        how few they could be if the bytes lay well."""
        if not active.count:
            return 0, 0
        if not isinstance(offsets, np.ndarray) or offsets.ndim == 0:
            offsets = np.full(len(active.mask), offsets, np.int64)
        places = offsets if active.all else offsets[active.mask]
        places = places - int(places.min()) // _PERIOD * _PERIOD
        key = (space, size, places.tobytes(), None if active.all else active.mask.tobytes())
        if key not in self._known:
            threads = np.flatnonzero(active.mask)
            self._known[key] = _COUNTED[space](threads, places, size, self.lanes)
        return self._known[key]


def _sectors(threads: np.ndarray, places: np.ndarray, size: int, lanes: int) -> tuple[int, int]:
    warps = threads // lanes
    return sectors(warps, places, size), fewest_sectors(warps, places, size)


def _passes(threads: np.ndarray, places: np.ndarray, size: int, lanes: int) -> tuple[int, int]:
    return bank_passes(threads // lanes, threads % lanes, places, size)


_COUNTED: dict[str, Callable[[np.ndarray, np.ndarray, int, int], tuple[int, int]]] = {
    "global": _sectors,
    "shared": _passes,
}
