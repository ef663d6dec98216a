"""How often memory is asked: sectors of global memory, passes over the banks of shared memory."""

from __future__ import annotations

import numpy as np

SECTOR = 32  # bytes
BANKS, BANK_WIDTH = 32, 4  # of shared memory; the width in bytes
_WIDEST = 64  # lanes of a warp, at the most
_FAR = 1 << 44  # more than any offset, so that a warp and an offset make one number


def sectors(warp: np.ndarray, offset: np.ndarray, size: int) -> int:
    """The sectors that the accesses of each warp touch, added up."""
    first, last = offset // SECTOR, (offset + size - 1) // SECTOR
    touched = np.concatenate([warp * _FAR + first, warp * _FAR + last])
    return len(_distinct(touched)[0])


def fewest_sectors(warp: np.ndarray, offset: np.ndarray, size: int) -> int:
    """The sectors that would hold what each warp asks for, if it lay together."""
    places, _ = _distinct(warp * _FAR + offset)
    _, each = _distinct(places // _FAR)
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
    part = warp * _WIDEST + lane // together
    word = offset // BANK_WIDTH
    keys = np.concatenate([part * _FAR + word + i for i in range(words)])
    keys, _ = _distinct(keys)
    place = keys // _FAR * BANKS + keys % _FAR % BANKS
    banks, uses = _distinct(place)
    parts, number = _distinct(banks // BANKS)
    worst = np.maximum.reduceat(uses, np.cumsum(number) - number)
    return int(worst.sum()), len(parts)


def _distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different values in order, and how many there are of each; at least one."""
    ordered = np.sort(values)
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[first], np.concatenate([first[1:], [len(ordered)]]) - first
