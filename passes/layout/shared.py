"""How a tile lies in shared memory: contiguous along a dimension, rows apart from banks' turns."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from clawc.passes.layout.linear import Coord

PADDING_BYTES = 16  # after each row, against bank conflicts


def pitches(shape: Coord, element_size: int, along: int) -> list[int]:
    """The strides, in elements, of a tile that is contiguous `along` a dimension."""
    strides = [0] * len(shape)
    order = [along] + [d for d in range(len(shape))[::-1] if d != along] if shape else []
    pitch = 1
    for d in order:
        strides[d] = pitch
        pitch *= shape[d]
        if d == along and shape[d] * element_size >= PADDING_BYTES and shape[d] < prod(shape):
            pitch += PADDING_BYTES // element_size
    return strides


def extent(shape: Coord, strides: Sequence[int]) -> int:
    """The elements that a tile takes, with what lies between its rows."""
    return max((n * stride for n, stride in zip(shape, strides, strict=True)), default=1)
