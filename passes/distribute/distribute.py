"""distribute: from one program on the tiles of a workgroup to the program of one thread."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import func

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.rules import RULES
from clawc.passes.framework.base import Pass
from clawc.passes.kernel.abi import FlatKernel, kernels_block, make_kernel, rewrite_calls
from clawc.passes.kernel.kernel import kernels_of
from clawc.passes.layout.agreement import check_layouts
from clawc.passes.layout.encoding import Layouts
from clawc.passes.layout.workgroup import Workgroup


@dataclass(frozen=True)
class Distribute(Pass):
    """Give each thread its registers of every tile.

    Before: func.func private @k(%x: memref<?x64xf32>) attributes {claw.kernel,
              claw.lane = "vector", claw.schedule = {warps = 4, ...}} on vector<64x64xf32>,
              with masks and contractions, each with its claw.layout (see assign-layouts).
    After:  gpu.func @k(%x: memref<?xf32>, %d: index) kernel in gpu.module @kernels on vectors of
              at most the chip's width, a thread's registers each; its calls are gpu.launch_func.
    """

    name = "distribute"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        chip, kernels = self.chip, []
        for kernel in kernels_of(module, "vector"):
            source = kernel.op.opview
            assert isinstance(source, func.FuncOp)
            kernels.append(distribute_kernel(source, kernels_block(module), chip))
        rewrite_calls(module, kernels)


def distribute_kernel(source: func.FuncOp, block: ir.Block, chip: Chip) -> FlatKernel:
    """The gpu.func of one kernel function, at the end of `block`."""
    group = Workgroup.of(source.operation, chip)
    layouts = Layouts(chip.lanes, group.warps)
    check_layouts(source.operation, layouts)
    kernel = make_kernel(block, source, group.threads)
    with ir.InsertionPoint(kernel.entry), source.location:
        Distributor(kernel, chip, layouts, RULES).run()
    kernel.finish()
    return kernel
