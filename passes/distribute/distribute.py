"""distribute: from one program on the tiles of a workgroup to the program of one thread."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import func

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.distribute.assignment import LayoutAssignment
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.rules import RULES
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.kernel.abi import FlatKernel, kernels_block, make_kernel, rewrite_calls
from clawc.passes.kernel.kernel import Kernel, kernels_of
from clawc.passes.kernel.schedule import BadSchedule


@dataclass(frozen=True)
class Distribute(Pass):
    """Give each thread its registers of every tile.

    Before: func.func private @k(%x: memref<?x64xf32>) attributes {claw.kernel,
              claw.lane = "vector", claw.schedule = {warps = 4, ...}} on vector<64x64xf32>,
              with masks and contractions.
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
    warps, thread = schedule_of(source)
    threads = warps * chip.lanes
    if threads > chip.max_workgroup:
        most = chip.max_workgroup // chip.lanes
        raise PassFailure(
            source,
            f"claw.schedule asks for {threads} threads, but the chip has at most "
            f"{chip.max_workgroup}; use warps = {most} or less",
        )
    kernel = make_kernel(block, source, threads)
    with ir.InsertionPoint(kernel.entry), source.location:
        layouts = LayoutAssignment(chip, warps, thread, source.operation)
        Distributor(kernel, chip, layouts, RULES).run()
    kernel.finish()
    return kernel


def schedule_of(source: func.FuncOp) -> tuple[int, tuple[int, int] | None]:
    """The warps of a workgroup, and the elements a thread computes of a contraction."""
    try:
        schedule = Kernel(source.operation).schedule
    except BadSchedule as error:
        raise PassFailure(source, f"its schedule cannot be used: {error}") from None
    if schedule is None:
        raise PassFailure(source, "expected claw.schedule with the number of warps")
    warps, thread = schedule.warps, schedule.thread
    if warps < 1 or warps & (warps - 1):
        raise PassFailure(source, f"expected a power of two as claw.schedule's warps, not {warps}")
    if not thread:
        return warps, None
    if len(thread) != 2 or any(n < 1 or n & (n - 1) for n in thread):
        raise PassFailure(source, "expected two powers of two as claw.schedule's thread")
    return warps, (thread[0], thread[1])
