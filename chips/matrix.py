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


# Rows of AMD chips: the name is that of the operation in the rocdl dialect.
CDNA_2 = ("gfx90a", "gfx942", "gfx950")  # and later; the first takes subnormal operands as zero
CDNA = {"f16": ("gfx908", *CDNA_2), "bf16.1k": CDNA_2}
RDNA_3 = ("gfx1100", "gfx1101", "gfx1151")
RDNA_4 = ("gfx1200", "gfx1201")


def _rows(*steps: int) -> Steps:
    return tuple((step, 0) for step in steps)


def _columns(*steps: int) -> Steps:
    return tuple((0, step) for step in steps)


def _mfma(side: int, kind: str) -> MatrixInstruction:
    """CDNA 3 ISA, "Matrix Arithmetic Instructions": a lane holds runs of 4, along k of an operand
    and along m of the accumulator; lanes count along a side, then through the runs."""
    deep = 256 // side  # 64 lanes of 4 elements
    sides = (1, 2, 4, 8, 16)[: 4 if side == 16 else 5]
    runs = (4, 8)[: 2 if side == 16 else 1]
    held = tuple(step for step in sides if step not in runs)
    return MatrixInstruction(
        f"mfma.f32.{side}x{side}x{deep}{kind}",
        CDNA[kind],
        kind.split(".")[0],
        "f32",
        a=Fragment((side, deep), _columns(1, 2), _rows(*sides) + _columns(*runs)),
        b=Fragment((deep, side), _rows(1, 2), _columns(*sides) + _rows(*runs)),
        c=Fragment((side, side), _rows(*held), _columns(*sides) + _rows(*runs)),
        emitter="mfma",
    )


def _wmma_rdna3(operand: str) -> MatrixInstruction:
    """RDNA 3 ISA, "Wave Matrix Multiply Accumulate": each lane of either half of the wave holds all
    of a row of A and of a column of B; the accumulator's rows go to the halves in turn."""
    halves = ((0, 0),)
    return MatrixInstruction(
        f"wmma.f32.16x16x16.{operand}",
        RDNA_3,
        operand,
        "f32",
        a=Fragment((16, 16), _columns(1, 2, 4, 8), _rows(1, 2, 4, 8) + halves),
        b=Fragment((16, 16), _rows(1, 2, 4, 8), _columns(1, 2, 4, 8) + halves),
        c=Fragment((16, 16), _rows(2, 4, 8), _columns(1, 2, 4, 8) + _rows(1)),
        emitter="wmma",
    )


def _wmma_rdna4(operand: str) -> MatrixInstruction:
    """RDNA 4 ISA, the same section: each half of the wave has half of k, and of the rows of C."""
    return MatrixInstruction(
        f"wmma.f32.16x16x16.{operand}",
        RDNA_4,
        operand,
        "f32",
        a=Fragment((16, 16), _columns(1, 2, 4), _rows(1, 2, 4, 8) + _columns(8)),
        b=Fragment((16, 16), _rows(1, 2, 4), _columns(1, 2, 4, 8) + _rows(8)),
        c=Fragment((16, 16), _rows(1, 2, 4), _columns(1, 2, 4, 8) + _rows(8)),
        emitter="wmma",
    )


# Of rows that fit, the first is taken.
TABLE = (
    *(_mma_sync(operand) for operand in ("f16", "bf16")),
    *(_mfma(side, kind) for side in (32, 16) for kind in CDNA),
    *(wmma(operand) for wmma in (_wmma_rdna3, _wmma_rdna4) for operand in ("f16", "bf16")),
)


def find(
    chip: str, operand: str, accumulator: str, shape: tuple[int, int, int]
) -> MatrixInstruction | None:
    """The first row for these types whose shape divides (m, n, k), or None."""
    for row in TABLE:
        types = (row.operand, row.accumulator) == (operand, accumulator)
        if types and chip in row.chips and not any(map(mod, shape, row.shape)):
            return row
    return None
