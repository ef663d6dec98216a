"""What is wrong with the claw operations of a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mlir import ir

from clawc.dialects.ext import Op


class Violation(NamedTuple):
    """A rule that `op` breaks."""

    op: Op
    message: str


def violations(module: ir.Module) -> Iterator[Violation]:
    """Every violation, in the order in which the operations are written."""
    found: list[Op] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if op.name.startswith("claw.") and isinstance(view := op.opview, Op):
            found.append(view)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    for op in found:
        for message in [*op.structure()] or [*op.invariants()]:
            yield Violation(op, message)
