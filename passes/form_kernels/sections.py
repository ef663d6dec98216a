"""A block of the host program in sections: what kernels may be formed of, and what comes between.

Between sections the host waits for an element of a tensor, runs a loop or a branch, or changes a
variable of the program.  Kernels are formed within a section.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import ml_program, scf, tensor

EVENTS = (tensor.ExtractOp, scf.ForOp, scf.IfOp, scf.WhileOp, ml_program.GlobalStoreOp)
Event = tensor.ExtractOp | scf.ForOp | scf.IfOp | scf.WhileOp | ml_program.GlobalStoreOp


@dataclass(frozen=True)
class Section:
    """Operations in order, and what comes after them; None: the end of the block."""

    operations: list[ir.OpView]
    event: Event | None


def sections(block: ir.Block) -> Iterator[Section]:
    """The sections of a block, without its terminator."""
    operations: list[ir.OpView] = []
    for op in list(block.operations)[:-1]:
        if isinstance(op, EVENTS):
            yield Section(operations, op)
            operations = []
        else:
            operations.append(op)
    yield Section(operations, None)


def terminator(block: ir.Block) -> ir.OpView:
    """What ends a block."""
    return block.operations[len(block.operations) - 1]
