"""assign-layouts: who holds which element of each tile, written into the IR."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.dialects.claw import ConvertLayoutOp
from clawc.passes.framework.base import Pass
from clawc.passes.kernel.kernel import kernels_of
from clawc.passes.layout.encoding import Layouts, remove_layout, set_layout
from clawc.passes.layout.materialize import Materializer
from clawc.passes.layout.ops import inside, is_tile
from clawc.passes.layout.propagation import Propagation
from clawc.passes.layout.workgroup import Workgroup


@dataclass(frozen=True)
class AssignLayouts(Pass):
    """Give each tile a layout, and change it where an operation needs another.

    Before: %0 = vector.transfer_read %x[...] : memref<64x64xf32>, vector<64x64xf32>
            %1 = vector.transpose %0, [1, 0] : vector<64x64xf32> to vector<64x64xf32>
            vector.transfer_write %1, %y[...] : vector<64x64xf32>, memref<64x64xf32>
    After:  %0 = vector.transfer_read ... {claw.layout = {lane = [[0, 4], ...], ...}}
            %1 = vector.transpose %0 ... {claw.layout = {lane = [[4, 0], ...], ...}}
            %2 = claw.convert_layout %1 {claw.layout = {lane = [[0, 4], ...], ...}}
            vector.transfer_write %2, ...
            A vector.contract has claw.instruction, the row of the matrix table that multiplies.

    What stands in the IR already, written by hand, is kept: a layout of any tile, an instruction.
    """

    name = "assign-layouts"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        for kernel in kernels_of(module, "vector"):
            group = Workgroup.of(kernel.op, self.chip)
            set_apart(kernel.op)
            decided = Propagation(self.chip, group.warps, group.thread, kernel.op)
            Materializer(decided, kernel.op)


def set_apart(func: ir.Operation) -> None:
    """The layout of a reduction's result follows from its source: one that is written by hand
    becomes a change of layout behind it."""
    for op in inside(func):
        if op.name != "vector.multi_reduction" or not is_tile(op.results[0]):
            continue
        result = op.results[0]
        layout = Layouts().written(result)
        if layout is None:
            continue
        remove_layout(op)
        with ir.InsertionPoint.after(op), op.location:
            changed = ConvertLayoutOp.build(result, results=[result.type])
        set_layout(changed.operation, layout)
        result.replace_all_uses_except(changed.out, changed.operation)
