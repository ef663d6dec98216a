"""A contraction in the IR: what multiplies, and how threads read its operands."""

from __future__ import annotations

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.matrix import MatrixInstruction, find, named
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.attributes import INSTRUCTION, LAYOUT
from clawc.passes.layout.contract import (
    Contraction,
    ContractLayouts,
    begins_with,
    operand_layouts,
)
from clawc.passes.layout.encoding import written_instruction
from clawc.passes.layout.linear import Bases, LinearLayout
from clawc.passes.layout.ops import ContractOp, element_bytes

FMA = "fma"  # of a contraction without a matrix instruction


def facts_of(what: ContractOp, thread: tuple[int, int] | None = None) -> Contraction:
    """What the layouts of a contraction follow from."""
    m, n, k = (what.sizes[role] for role in "mnk")
    element = ir.VectorType(what.c.type).element_type
    return Contraction(
        m,
        n,
        k,
        str(ir.VectorType(what.a.type).element_type),
        str(element),
        element_bytes(element),
        what.a_dims.get("m", 0) > what.a_dims.get("k", 0),
        thread,
    )


def row_named(
    op: ir.Operation, chip: Chip, facts: Contraction, name: str
) -> MatrixInstruction | None:
    """The row of that name, None for FMAs.  Raises PassFailure where it cannot multiply this."""
    if name == FMA:
        return None
    row = named(chip, name)
    shape = (facts.m, facts.n, facts.k)
    if row is None:
        raise PassFailure(op, f"{chip.name} has no {INSTRUCTION.name} {name!r}; say {FMA!r}")
    if (row.operand, row.accumulator) != (facts.operand, facts.accumulator):
        raise PassFailure(
            op,
            f"{name} multiplies {row.operand} into {row.accumulator}, "
            f"not {facts.operand} into {facts.accumulator}",
        )
    if any(size % step for size, step in zip(shape, row.shape, strict=True)):
        raise PassFailure(op, f"a tile of {shape} is no multiple of {row.shape}, as {name} takes")
    return row


def chosen_row(op: ir.Operation, chip: Chip, what: ContractOp) -> MatrixInstruction | None:
    """The row of the table for a contraction: the author's, else the first that fits."""
    facts, name = facts_of(what), written_instruction(op)
    if name is not None:
        return row_named(op, chip, facts, name)
    return find(chip, facts.operand, facts.accumulator, (facts.m, facts.n, facts.k))


def contraction_layouts(op: ir.Operation, chip: Chip, result: LinearLayout) -> ContractLayouts:
    """How the threads read the operands of a contraction, given its instruction and the layout of
    its `result`.  Raises PassFailure where they do not fit."""
    what, name = ContractOp.of(op), written_instruction(op)
    if name is None:
        raise PassFailure(op, f"has no {INSTRUCTION.name}; run assign-layouts before")
    facts = facts_of(what)
    row = row_named(op, chip, facts, name)
    c = result.project([what.c_dims.get(role) for role in "mn"], (facts.m, facts.n))
    if row is not None and not begins_with(c, row.c):
        raise PassFailure(
            op,
            f"the registers and lanes of its {LAYOUT.name} do not begin with the accumulators of "
            f"{name}: register = {_rows(row.c.registers)}, lane = {_rows(row.c.lanes)}",
        )
    return operand_layouts(chip, facts, row, c)


def _rows(bases: Bases) -> list[list[int]]:
    return [list(basis) for basis in bases]
