"""widen-conditions: selections of vectors get vectors of conditions, as SPIR-V has them."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import vector

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import operations_in


@dataclass(frozen=True)
class WidenConditions(Pass):
    """Canonicalization makes the conditions scalars; so this comes after it.

    %r = arith.select %c, %x, %y : vector<4xf32>
    ->
    %wide = vector.broadcast %c : i1 to vector<4xi1>
    %r = arith.select %wide, %x, %y : vector<4xi1>, vector<4xf32>
    """

    name = "widen-conditions"

    def run(self, module: ir.Module) -> None:
        for op in operations_in(module.operation):
            if op.name != "arith.select" or not isinstance(op.results[0].type, ir.VectorType):
                continue
            condition = op.operands[0]
            if not isinstance(condition.type, ir.VectorType):
                type_ = ir.VectorType.get(op.results[0].type.shape, condition.type)
                with ir.InsertionPoint(op), op.location:
                    op.operands[0] = vector.broadcast(type_, condition)
