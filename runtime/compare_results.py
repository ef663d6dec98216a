"""Whether two devices agree: results against results, with a tolerance that the types give."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clawc.chips.elements import ELEMENTS
from clawc.runtime.plan import Entry

COMPUTING = 256  # times the rounding of what is computed in: sums in another order, math functions
STORING = 4  # times the rounding of the coarsest type that is stored on the way


class Agreement(NamedTuple):
    """How far two results are apart, as a part of the reference's largest value."""

    agrees: bool
    difference: float
    allowed: float


def tolerance(entry: Entry) -> float:
    """What two right results of an entry may differ by, relative to the largest value."""
    tensors = (*entry.arguments, *entry.result_types, *entry.constants)
    rows = [ELEMENTS[tensor.dtype] for tensor in tensors]
    floats = [row for row in rows if row.kind == "float"]
    if not floats:
        return 0.0
    computing = max(ELEMENTS[row.computed_in].epsilon for row in floats)
    return COMPUTING * computing + STORING * max(row.epsilon for row in floats)


def compare(result: np.ndarray, reference: np.ndarray, allowed: float) -> Agreement:
    """Integers and bools have to be equal; a NaN agrees with a NaN, an infinity with its like."""
    if result.shape != reference.shape or result.dtype != reference.dtype:
        return Agreement(False, float("inf"), allowed)
    if result.dtype.kind in "bi":
        wrong = np.count_nonzero(result != reference)
        return Agreement(wrong == 0, float(wrong), 0.0)
    a, b = result.astype(np.float64), reference.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    special = np.where(finite, 0, a), np.where(finite, 0, b)
    if not np.array_equal(*special, equal_nan=True):
        return Agreement(False, float("inf"), allowed)
    if not finite.any():
        return Agreement(True, 0.0, allowed)
    scale = float(np.abs(b[finite]).max()) or 1.0
    difference = float(np.abs(a[finite] - b[finite]).max()) / scale
    return Agreement(difference <= allowed, difference, allowed)
