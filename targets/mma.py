"""Matrix instructions as data: what one does, on which chips, and who holds which element.

A fragment is two lists of coordinates: what each bit of the register number contributes, and what
each bit of the lane number does.  A coordinate is (row, column) of that operand.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import mod

Steps = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Fragment:
    """How the threads of one warp hold an operand of `shape`."""

    shape: tuple[int, int]
    registers: Steps
    lanes: Steps


@dataclass(frozen=True)
class MatrixInstruction:
    """C[m, n] += A[m, k] B[k, n] by one instruction of one warp; `emitter` names who writes it."""

    name: str
    chips: tuple[str, ...]
    operand: str  # element type of A and B
    accumulator: str
    a: Fragment
    b: Fragment
    c: Fragment
    emitter: str
    # How shared memory is read by matrix loads: the run of 8 elements that each lane points at, in
    # A as (m, k) and in B as (k, n), where rows are contiguous there and where columns are; empty
    # where threads read their own registers.
    a_rows: Steps = ()
    a_columns: Steps = ()
    b_rows: Steps = ()
    b_columns: Steps = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        return (*self.c.shape, self.a.shape[1])


AMPERE = ("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120")


def _mma_sync(operand: str) -> MatrixInstruction:
    """PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type"."""
    return MatrixInstruction(
        f"mma.sync.m16n8k16.{operand}",
        AMPERE,
        operand,
        "f32",
        a=Fragment((16, 16), ((0, 1), (8, 0), (0, 8)), ((0, 2), (0, 4), (1, 0), (2, 0), (4, 0))),
        b=Fragment((16, 8), ((1, 0), (8, 0)), ((2, 0), (4, 0), (0, 1), (0, 2), (0, 4))),
        c=Fragment((16, 8), ((0, 1), (8, 0)), ((0, 2), (0, 4), (1, 0), (2, 0), (4, 0))),
        emitter="mma_sync",
        a_rows=((1, 0), (2, 0), (4, 0), (8, 0), (0, 8)),
        a_columns=((0, 1), (0, 2), (0, 4), (8, 0), (0, 8)),
        b_rows=((1, 0), (2, 0), (4, 0), (8, 0), (0, 0)),
        b_columns=((0, 1), (0, 2), (0, 4), (8, 0), (0, 0)),
    )


TABLE = tuple(_mma_sync(operand) for operand in ("f16", "bf16"))


def find(
    chip: str, operand: str, accumulator: str, shape: tuple[int, int, int]
) -> MatrixInstruction | None:
    """The first row for these types whose shape divides (m, n, k), or None."""
    for row in TABLE:
        types = (row.operand, row.accumulator) == (operand, accumulator)
        if types and chip in row.chips and not any(map(mod, shape, row.shape)):
            return row
    return None
