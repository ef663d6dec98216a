"""claw operations in which the order of elements counts, in NumPy: scan, scatter, sort, topk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray
_UFUNCS: dict[str, np.ufunc] = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
}


def scan(
    x: Array,
    kind: str,
    element: str,
    axis: int = -1,
    exclusive: bool = False,
    reverse: bool = False,
) -> Array:
    """Inclusive along the axis; exclusive is that, one place later."""
    x = np.flip(x, axis) if reverse else x
    out = _UFUNCS[kind].accumulate(x, axis=axis)
    if exclusive and x.shape[axis]:
        first = np.full_like(np.take(out, [0], axis), _neutral(kind, element))
        out = np.concatenate([first, np.take(out, range(x.shape[axis] - 1), axis)], axis)
    return np.flip(out, axis) if reverse else out


def _neutral(kind: str, element: str) -> float | int:
    """What changes nothing in a scan of the element type."""
    if kind in ("max", "min"):
        if element[0] != "i":
            return -np.inf if kind == "max" else np.inf
        bits = 1 << (int(element[1:]) - 1)
        if element == "i1":
            return int(kind == "min")
        return -bits if kind == "max" else bits - 1
    return {"sum": 0, "prod": 1, "or": 0, "and": -1}[kind]


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
        new = update.reshape(extent)[part]
        out[place] = new if kind == "assign" else _UFUNCS[kind](out[place], new)
    return out


def sort(x: Array, *carried: Array, axis: int = -1, descending: bool = False) -> tuple[Array, ...]:
    """NumPy's stable order of ranks in which NaN is the last, and equal elements are one."""
    order = _order(x, axis, descending)
    return tuple(np.take_along_axis(each, order, axis) for each in (x, *carried))


def topk(x: Array, k: int, axis: int = -1, smallest: bool = False) -> tuple[Array, Array]:
    """The first of the sorted elements, and where they were."""
    first = np.take(_order(x, axis, not smallest), range(k), axis)
    return np.take_along_axis(x, first, axis), first


def _order(x: Array, axis: int, descending: bool) -> Array:
    ranks = np.unique(x, return_inverse=True)[1].reshape(x.shape)
    return np.argsort(-ranks if descending else ranks, axis, kind="stable")
