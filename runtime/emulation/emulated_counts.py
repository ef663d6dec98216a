"""How often memory is asked: sectors of global memory, passes over the banks of shared memory."""

from __future__ import annotations

import numpy as np

SECTOR = 32  # bytes
BANKS, BANK_WIDTH = 32, 4  # of shared memory; the width in bytes
_FAR = 1 << 44  # more than any offset, so that a warp and an offset make one number


def sectors(warp: np.ndarray, offset: np.ndarray, size: int) -> int:
    """The sectors that the accesses of each warp touch, added up."""
    first, last = offset // SECTOR, (offset + size - 1) // SECTOR
    touched = np.concatenate([warp * _FAR + first, warp * _FAR + last])
    return len(np.unique(touched))


def fewest_sectors(warp: np.ndarray, offset: np.ndarray, size: int) -> int:
    """The sectors that would hold what each warp asks for, if it lay together."""
    places = np.unique(warp * _FAR + offset)
    each = np.unique(places // _FAR, return_counts=True)[1]
    return int((-(-each * size // SECTOR)).sum())


def bank_passes(
    warp: np.ndarray, lane: np.ndarray, offset: np.ndarray, size: int
) -> tuple[int, int]:
    """Passes over the banks that the accesses take, and how few they could be.

    In one pass each bank gives one word, to any number of lanes.  Accesses of 8 and 16 bytes are
    served for a half and a quarter of the warp at a time.
    """
    words = max(1, size // BANK_WIDTH)
    together = 32 // words  # lanes
    part = warp * words + lane // together
    word = offset // BANK_WIDTH
    keys = np.concatenate([part * _FAR + word + i for i in range(words)])
    keys = np.unique(keys)
    place = keys // _FAR * BANKS + keys % _FAR % BANKS
    banks, uses = np.unique(place, return_counts=True)
    parts, first = np.unique(banks // BANKS, return_index=True)
    worst = np.maximum.reduceat(uses, first)
    return int(worst.sum()), len(parts)
