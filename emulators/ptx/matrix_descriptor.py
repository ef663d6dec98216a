"""Matrices of `wgmma` in shared memory: what a descriptor says, and where their elements lie.

PTX ISA, "Asynchronous Warpgroup Level Matrix Shared Memory Layout" and "Strides": a matrix is made
of pieces of 16 bytes.  K-major, a piece holds neighbours along K; MN-major, along M or N.  Eight
pieces, 16, 32, 64 or 128 bytes apart, follow each other, and the two offsets of the descriptor say
where the next pieces in both directions are.  A swizzle exchanges pieces by bits 7 to 9 of their
address, so that it depends on where the matrix lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.values import Array

PIECE = 16  # bytes
_SWIZZLE_WIDTH = np.array([16, 128, 64, 32])  # bytes, by the descriptor's two highest bits


@dataclass(frozen=True)
class Descriptors:
    """Descriptors, one a warpgroup: offsets in bytes."""

    start: Array
    leading: Array
    stride: Array
    base: Array  # the phase of the swizzle at the start of its pattern
    width: Array  # of the swizzle's rows, in bytes; 16: none

    @property
    def swizzled(self) -> Array:
        return self.width > PIECE


def decoded(bits: Array) -> Descriptors:
    """What the 64 bits say: PTX ISA, "Matrix Descriptor Format"."""

    def field(first: int, count: int) -> Array:
        return ((bits >> np.uint64(first)) & np.uint64((1 << count) - 1)).astype(np.int64)

    return Descriptors(
        start=field(0, 14) * PIECE,
        leading=field(16, 14) * PIECE,
        stride=field(32, 14) * PIECE,
        base=field(49, 3),
        width=_SWIZZLE_WIDTH[field(62, 2)],
    )


def piece_addresses(matrix: Descriptors, rows: int, k_pieces: int, k_major: bool) -> Array:
    """The addresses in shared memory of a matrix's pieces.

    K-major: [warpgroups, rows, pieces along K].  MN-major, of elements of 16 bits: [warpgroups, K,
    pieces along the rows]; K is 8 for each of `k_pieces`.
    """
    if k_major:
        if (matrix.swizzled & (matrix.width < k_pieces * PIECE)).any():
            raise EmulationError(
                "a matrix is wider along K than its swizzle: the emulator lacks it"
            )
        row, piece = np.arange(rows)[:, None], np.arange(k_pieces)[None, :]
        beside = _where(matrix, matrix.leading, PIECE)
        across, along = piece * beside, row // 8 * _each(matrix.stride)
        near = row % 8 * _each(matrix.width)
    else:
        k, piece = np.arange(8 * k_pieces)[:, None], np.arange(rows // 8)[None, :]
        together = _each(matrix.width // PIECE)  # pieces of one row of the swizzle
        far = _where(matrix, matrix.stride, matrix.leading)
        across = piece % together * PIECE + piece // together * far
        along = k // 8 * _where(matrix, matrix.leading, matrix.stride)
        near = k % 8 * _each(matrix.width)
    return _exchanged(matrix, _each(matrix.start) + across + along + near)


def _each(values: Array) -> Array:
    """One value a warpgroup, against rows and columns."""
    return values[:, None, None]


def _where(matrix: Descriptors, plain: Array, swizzled: Array | int) -> Array:
    return _each(np.where(matrix.swizzled, swizzled, plain))


def _exchanged(matrix: Descriptors, address: Array) -> Array:
    """Bits 4 and up, as many as a row has pieces, are turned by the bits from 7 up."""
    phase = (address // 128 - _each(matrix.base)) & _each(matrix.width // PIECE - 1)
    return address ^ (phase * PIECE)
