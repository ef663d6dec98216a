"""stage-operands: what a contraction multiplies is put into shared memory by an operation."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.dialects.claw import StageOp
from clawc.passes.framework.base import Pass
from clawc.passes.kernel.kernel import kernels_of
from clawc.passes.layout.contraction import chosen_row
from clawc.passes.layout.encoding import set_strides
from clawc.passes.layout.ops import ContractOp, element_bytes, inside, shape_of
from clawc.passes.layout.shared import pitches
from clawc.passes.layout.workgroup import Workgroup


@dataclass(frozen=True)
class StageOperands(Pass):
    """Where a workgroup has more than one thread.

    Before: %s = vector.contract ... %a, %b, %acc : vector<64x32xf16>, vector<32x64xf16> into ...
    After:  %t:2 = claw.stage %a, %b {claw.strides = [[40, 1], [72, 1]]}
                     : (vector<64x32xf16>, vector<32x64xf16>) -> (vector<64x32xf16>, ...)
            %s = vector.contract ... %t#0, %t#1, %acc : ...

    The strides are those in shared memory, in elements: of a row, and what keeps the next one off
    its banks.  Matrix loads turn what lies across; else factors lie contiguous along k, as lanes
    read them, or, for FMAs, the second one along n.
    """

    name = "stage-operands"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        for kernel in kernels_of(module, "vector"):
            if Workgroup.of(kernel.op, self.chip).threads == 1:
                continue
            for op in inside(kernel.op):
                if op.name == "vector.contract":
                    stage(op, self.chip)


def stage(op: ir.Operation, chip: Chip) -> None:
    what = ContractOp.of(op)
    row = chosen_row(op, chip, what)
    if row is None:
        along = [None, what.b_dims.get("n")]
    else:
        across = row.has_matrix_loads
        along = [None if across else dims.get("k") for dims in (what.a_dims, what.b_dims)]
    factors = [what.a, what.b]
    strides = []
    for value, dim in zip(factors, along, strict=True):
        shape = shape_of(value)
        size = element_bytes(ir.VectorType(value.type).element_type)
        strides.append(pitches(shape, size, len(shape) - 1 if dim is None else dim))
    with ir.InsertionPoint(op), op.location:
        staged = StageOp.build(*factors, results=[value.type for value in factors])
    set_strides(staged.operation, strides)
    op.operands[int(what.swapped)] = staged.staged_a
    op.operands[int(not what.swapped)] = staged.staged_b
