"""claw-verify: check the structure, types and shapes of claw operations."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.dialects.violations import violations
from clawc.passes.framework.base import Pass, PassFailure


@dataclass(frozen=True)
class ClawVerify(Pass):
    """Report every violated invariant of every claw operation, each at its operation.

        %0 = claw.matmul %a, %b : (tensor<4x8xf32>, tensor<9x16xf32>) -> tensor<4x16xf32>

    fails with "'claw.matmul' op rhs axis 0 must be 8, the size of lhs axis 1; got 9".
    """

    name = "claw-verify"

    def run(self, module: ir.Module) -> None:
        """All violations but the last are emitted; the last is raised."""
        found = list(violations(module))
        for op, message in found[:-1]:
            op.location.emit_error(f"'{op.operation.name}' op {message}")
        for op, message in found[-1:]:
            raise PassFailure(op, message)
