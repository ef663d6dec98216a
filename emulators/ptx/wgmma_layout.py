"""Which element of a matrix each register of a warpgroup's lanes holds, for `wgmma`.

PTX ISA, "Register Fragments and Shared Memory Matrix Layouts": warp w has rows 16w to 16w+15; of
them lane 4g+m has rows g and g+8, in pairs of columns.  The axes below are named so: w, g and m; h
is the half of the rows, n eight columns, and e an element of the pair (of A: of a register).
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.matrix_numbers import numbers
from clawc.emulators.ptx.values import Array

_DTYPES = {"f16": np.float16, "f32": np.float32, "s32": np.int32}
_SINGLE = 3, 4, 1, 5, 0, 6, 2  # from registers n, h, e of lanes (warpgroup, w, g, m)
_PAIRED = 2, 3, 1, 4, 0, 5, 6  # from registers n, h of such lanes, which have two elements e each


def unpacked_sums(registers: Array, result_type: str) -> Array:
    """[registers, lanes] to [warpgroups, 64, columns], in the accumulator's type."""
    held = np.ascontiguousarray(registers).view(_DTYPES[result_type])
    groups = registers.shape[1] // 128
    if result_type == "f16":
        parts = held.reshape(-1, 2, groups, 4, 8, 4, 2).transpose(_PAIRED)
    else:
        parts = held.reshape(-1, 2, 2, groups, 4, 8, 4).transpose(_SINGLE)
    return parts.reshape(groups, 64, -1)


def packed_sums(total: Array) -> Array:
    """[warpgroups, 64, columns] to [registers, lanes]."""
    groups = len(total)
    parts = total.reshape(groups, 4, 2, 8, -1, 4, 2)
    order = _PAIRED if total.dtype == np.float16 else _SINGLE
    held = np.ascontiguousarray(parts.transpose(np.argsort(order)))
    return held.view(np.uint32).reshape(-1, 128 * groups)


def source_values(registers: Array, type_: str) -> Array:
    """A in registers, [4, lanes], to float64, [warpgroups, 64, K]; n is the half of K."""
    groups = registers.shape[1] // 128
    parts = registers.reshape(2, 2, groups, 4, 8, 4).transpose(2, 3, 1, 4, 0, 5)
    return numbers(parts[..., None], type_).reshape(groups, 64, -1)
