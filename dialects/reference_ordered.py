"""claw operations in which the order of elements counts, in NumPy: scatter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray
COMBINE: dict[str, Callable[[Array, Array], Array]] = {
    "assign": lambda old, new: new,
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
}


def scatter(
    x: Array, indices: Array, updates: Array, kind: str, dims: Sequence[int] | None = None
) -> Array:
    """One update after the other, each cut to what is inside."""
    indexed = range(indices.shape[1]) if dims is None else dims
    lead = x.ndim - updates.ndim + 1
    out = x.copy()
    for row, update in zip(indices.tolist(), updates, strict=True):
        start = dict(zip(indexed, row, strict=True))
        first = [start.get(axis, 0) for axis in range(x.ndim)]
        extent = [1] * lead + list(update.shape)
        low = [max(0, f) for f in first]
        high = [min(n, f + e) for n, f, e in zip(x.shape, first, extent, strict=True)]
        place = tuple(slice(a, max(a, b)) for a, b in zip(low, high, strict=True))
        part = tuple(slice(a - f, max(a, b) - f) for a, b, f in zip(low, high, first, strict=True))
        out[place] = COMBINE[kind](out[place], update.reshape(extent)[part])
    return out
