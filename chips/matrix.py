"""Matrix instructions as data: what one does, on which chips, and who holds which element.

A fragment is two lists of coordinates: what each bit of the register number contributes, and what
each bit of the lane number does.  A coordinate is (row, column) of that operand.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import mod

from clawc.chips import amdgpu, nvptx
from clawc.chips.chip import Chip
from clawc.chips.elements import ELEMENTS

Steps = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Fragment:
    """How the threads of one warp hold an operand of `shape`.

    Each element is held by one register of one lane.  A step of (0, 0) for a bit of the lane number
    says that lanes which differ in that bit hold the same.
    """

    shape: tuple[int, int]
    registers: Steps
    lanes: Steps

    def __post_init__(self) -> None:
        if any(size < 1 or size & (size - 1) for size in self.shape):
            raise ValueError(f"fragment of {self.shape}: expected powers of two")
        for part in ("registers", "lanes"):
            _check_inside(f"fragment of {self.shape}: {part}", getattr(self, part), self.shape)
        moving = [step for step in (*self.registers, *self.lanes) if step != (0, 0)]
        places = [row * self.shape[1] + column for row, column in moving]
        if (0, 0) in self.registers or not _independent(places):
            raise ValueError(f"fragment of {self.shape}: a thread holds an element twice: {moving}")
        if 1 << len(places) != self.shape[0] * self.shape[1]:
            raise ValueError(
                f"fragment of {self.shape}: registers and lanes reach {1 << len(places)} of its "
                f"{self.shape[0] * self.shape[1]} elements"
            )


def _check_inside(what: str, steps: Steps, shape: tuple[int, int]) -> None:
    for step in steps:
        if not all(0 <= at < size for at, size in zip(step, shape, strict=True)):
            raise ValueError(f"{what} step {step} out of {shape}")


def _independent(places: list[int]) -> bool:
    """Whether no place is made of others, bit by bit."""
    basis: list[int] = []
    for place in places:
        for other in basis:
            place = min(place, place ^ other)
        if not place:
            return False
        basis.append(place)
    return True


@dataclass(frozen=True)
class MatrixInstruction:
    """C[m, n] += A[m, k] B[k, n] by one instruction of one warp; `emitter` names who writes it."""

    name: str
    families: tuple[str, ...]  # of chips that have it
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

    @property
    def has_matrix_loads(self) -> bool:
        """They turn what lies across; else operands must lie contiguous along k."""
        return bool(self.a_rows)

    def __post_init__(self) -> None:
        m, n, k = self.shape
        if self.a.shape != (m, k) or self.b.shape != (k, n):
            self._refuse(f"a, b, c: {self.a.shape} times {self.b.shape} is not {self.c.shape}")
        for field in ("operand", "accumulator"):
            if getattr(self, field) not in ELEMENTS:
                self._refuse(f"{field}: {getattr(self, field)!r} has no row in elements.py")
        if (0, 0) in self.c.lanes:
            self._refuse("c: lanes hold the same accumulator; expected no step of (0, 0)")
        self._check_lanes()
        loads = ("a_rows", "a_columns", "b_rows", "b_columns")
        if {len(getattr(self, field)) for field in loads} not in ({0}, {len(self.c.lanes)}):
            self._refuse(f"{', '.join(loads)}: expected a step for each bit of the lane, or none")
        for field in loads:
            operand = self.a if field[0] == "a" else self.b
            _check_inside(f"{self.name}: {field}", getattr(self, field), operand.shape)

    def _check_lanes(self) -> None:
        """As many as the warp of each chip that has the instruction."""
        for family in self.families:
            warps = {chip.lanes for chip in (*nvptx.CHIPS, *amdgpu.CHIPS) if chip.family == family}
            if not warps:
                self._refuse(f"families: no chip is of family {family!r}")
            for field in "abc":
                lanes = 1 << len(getattr(self, field).lanes)
                if warps != {lanes}:
                    known = " and ".join(map(str, sorted(warps)))
                    self._refuse(f"{field}: has {lanes} lanes; {family} has {known}")

    def _refuse(self, message: str) -> None:
        raise ValueError(f"matrix instruction {self.name!r}: {message}")


AMPERE = ("ampere", "ada", "hopper", "blackwell", "rtx-blackwell")  # and later


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
CDNA_2 = ("cdna2", "cdna3", "cdna4")  # the first takes subnormal operands as zero
CDNA = {"f16": ("cdna1", *CDNA_2), "bf16.1k": CDNA_2}


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
        ("rdna3",),
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
        ("rdna4",),
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


def named(chip: Chip, name: str) -> MatrixInstruction | None:
    """The row of that name, if the chip has it: families may hold the operands of one apart."""
    rows = (row for row in TABLE if row.name == name and chip.family in row.families)
    return next(rows, None)


def find(
    chip: Chip, operand: str, accumulator: str, shape: tuple[int, int, int]
) -> MatrixInstruction | None:
    """The first row for these types whose shape divides (m, n, k), or None."""
    for row in TABLE:
        types = (row.operand, row.accumulator) == (operand, accumulator)
        if types and chip.family in row.families and not any(map(mod, shape, row.shape)):
            return row
    return None


def obstacle(chip: Chip, operand: str, accumulator: str, shape: tuple[int, int, int]) -> str | None:
    """Why `find` has no row for these, for who asks; None where it has one, or where the chip has
    no matrix instructions."""
    rows = [row for row in TABLE if chip.family in row.families]
    if not rows or find(chip, operand, accumulator, shape):
        return None
    pairs = dict.fromkeys((row.operand, row.accumulator) for row in rows)
    if (operand, accumulator) not in pairs:
        known = ", ".join(f"{one} in {other}" for one, other in pairs)
        return (
            f"{chip.name} has instructions for {known}, not for {operand} summed in {accumulator}"
        )
    shapes = [row.shape for row in rows if (row.operand, row.accumulator) == (operand, accumulator)]
    told = " or ".join(" x ".join(map(str, each)) for each in dict.fromkeys(shapes))
    return f"the tile {' x '.join(map(str, shape))} is no multiple of {told}"
