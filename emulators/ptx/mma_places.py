"""Which element of a matrix each register of each lane holds, for `mma.sync`.

PTX ISA, "Matrix multiply-accumulate operation using mma instruction", its figures and formulas:
lane 4g+m has rows g and g+8, and a register's worth of columns at a time.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.values import Array

_LANE = np.arange(WARP)[:, None]
_GROUP, _MEMBER = _LANE // 4, _LANE % 4
# `m8n8k4` of f16: four products, each of a quad of lanes and the quad 16 lanes further.
_QUAD, _HIGH = _LANE // 4 % 4, _LANE // 16


def a_places(rows: int, columns: int, bits: int) -> Array:
    """[lanes, elements]: which element of A, counted by rows, a lane's i-th one is."""
    per = max(1, 32 // bits)
    i = np.arange(rows * columns // WARP)
    register, within = i // per, i % per
    tall = rows == 16
    row = _GROUP + (8 * (register % 2) if tall else 0)
    column = _MEMBER * per + within + 4 * per * (register // 2 if tall else register)
    return row * columns + column


def b_places(rows: int, columns: int, bits: int) -> Array:
    per = max(1, 32 // bits)
    i = np.arange(rows * columns // WARP)
    row = _MEMBER * per + i % per + 4 * per * (i // per)
    return row * columns + _GROUP


def c_places(rows: int, columns: int) -> Array:
    i = np.arange(rows * columns // WARP)
    return (_GROUP + 8 * (i // 2)) * columns + 2 * _MEMBER + i % 2


def quad_a_places(by_rows: bool) -> Array:
    """Of four matrices of 8x4: a lane has a row of one, or half a column."""
    i = np.arange(4)
    own = _MEMBER + 4 * _HIGH
    row, column = (own, i) if by_rows else (i + 4 * _HIGH, _MEMBER)
    return _QUAD * 32 + row * 4 + column


def quad_b_places(by_rows: bool) -> Array:
    """Of four matrices of 4x8: a lane has half a row of one, or a column."""
    i = np.arange(4)
    own = _MEMBER + 4 * _HIGH
    row, column = (_MEMBER, i + 4 * _HIGH) if by_rows else (i, own)
    return _QUAD * 32 + row * 8 + column


def quad_c_places(type_: str) -> Array:
    """Of four matrices of 8x8: in f16 a lane has a row of one, in f32 parts of two rows."""
    i = np.arange(8)
    if type_ == "f16":
        row, column = _MEMBER + 4 * _HIGH, i
    else:
        row = (_LANE & 1) + (i & 2) + 4 * _HIGH
        column = (i & 4) + (_LANE & 2) + (i & 1)
    return _QUAD * 64 + row * 8 + column
