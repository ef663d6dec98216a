"""claw-verify: check the structure, types and shapes of claw operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlir import ir

from clawc.dialects.ext import Op
from clawc.passes.base import Pass, PassFailure


@dataclass(frozen=True)
class ClawVerify(Pass):
    """Report every violated invariant of every claw operation, each at its operation.

        %0 = claw.matmul %a, %b : (tensor<4x8xf32>, tensor<9x16xf32>) -> tensor<4x16xf32>

    fails with "'claw.matmul' op rhs axis 0 must be 8 of lhs axis 1, got 9".  The module is unchanged.
    """

    name = "claw-verify"

    def run(self, module: ir.Module) -> None:
        """All violations but the last are emitted; the last is raised."""
        found = violations(module)
        last = next(found, None)
        for failure in found:
            assert last is not None
            last.location.emit_error(f"'{last.op_name}' op {last}")
            last = failure
        if last is not None:
            raise last


def violations(module: ir.Module) -> Iterator[PassFailure]:
    """What is wrong with the claw operations of `module`, in the order they are written."""
    views: list[Op] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if isinstance(view := op.opview, Op):
            views.append(view)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    for view in views:
        for message in [*view.structure()] or [*view.invariants()]:
            yield PassFailure(view, message)
