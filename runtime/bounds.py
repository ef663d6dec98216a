"""What the numbers and sizes of a call are held against while it runs."""

from __future__ import annotations

import numpy as np

from clawc.runtime.errors import ArtifactError, CheckFailed, Unsupported
from clawc.runtime.program import Memory, Program
from clawc.runtime.scalar_types import Number, to_numpy


def checked_shape(program: Program, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a tensor, which has no negative sizes."""
    if sizes and min(sizes) < 0:
        raise CheckFailed(f"{program.entry.name}: a tensor's size is {min(sizes)}")
    return sizes


def check_count(program: Program, count: int) -> None:
    """The elements of a tensor, which kernels count."""
    bits = program.index_bits
    if count >= 1 << (bits - 1):
        raise Unsupported(
            f"a tensor of {count} elements: the kernels for {program.device.name} "
            f"count in {bits} bits, so that a tensor has less than {1 << (bits - 1)} elements"
        )


def check_size(program: Program, memory: Memory, needed: int) -> None:
    """The bytes that are read of a buffer: as many as it has, if the plan is sound."""
    if memory.size < needed:
        raise ArtifactError(
            f"corrupt bundle: {program.entry.name} reads {needed} bytes of a buffer that has "
            f"{memory.size}"
        )


def as_array(number: Number, dtype: str) -> np.ndarray:
    """A scalar as an array of rank 0."""
    try:
        return to_numpy(number, dtype)
    except OverflowError:
        raise ArtifactError(f"corrupt bundle: {number} is no {dtype}") from None
