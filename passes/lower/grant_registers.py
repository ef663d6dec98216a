"""grant-registers: how many registers ptxas may give a thread."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import gpu_kernels, operations_in
from clawc.passes.kernel.kernel import Kernel

_BESIDES = 96  # accumulators: operands of a step, values on their way to shared memory, addresses
_MOST_HELD = 32  # elements, by a thread of another kernel


@dataclass(frozen=True)
class GrantRegisters(Pass):
    """Where elements are narrow, products are of i64, erf is expanded, or long sums are made in
    blocks, ptxas would rather spill a few bytes than let go of a resident workgroup; a limit that
    is given turns that choice off.

    ```mlir
    gpu.func @k(%a: memref<?xf16>, ...) kernel
        attributes {claw.kind = "contraction", claw.schedule = {thread = [8, 8], ...}}
    ```
    becomes
    ```mlir
    gpu.func @k(%a: memref<?xf16>, ...) kernel
        attributes {claw.kind = "contraction", ..., nvvm.maxnreg = 160 : i32}
    ```
    """

    name = "grant-registers"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        most = self.chip.registers
        i32 = ir.IntegerType.get_signless(32)
        for kernel in gpu_kernels(module):
            if held := _held(kernel):
                limit = min(held + _BESIDES, most)
                kernel.attributes["nvvm.maxnreg"] = ir.IntegerAttr.get(i32, limit)


def _held(kernel: ir.Operation) -> int:
    """The registers of what a thread holds for long; 0 where ptxas needs no telling."""
    arguments = kernel.regions[0].blocks[0].arguments
    buffers = (a.type for a in arguments if isinstance(a.type, ir.MemRefType))
    types = [buffer.element_type for buffer in buffers]
    widths = {getattr(t, "width", 64) for t in types}
    narrow = min(widths, default=64) < 32
    thread = _thread(kernel)
    if thread:
        long = any(isinstance(t, ir.IntegerType) and t.width == 64 for t in types)
        return thread * (2 if long else 1) if narrow or long else 0
    if 64 in widths:
        return 0
    many = any(op.name == "math.erf" or _sums_in_blocks(op) for op in operations_in(kernel))
    return _MOST_HELD if narrow or many else 0


def _sums_in_blocks(op: ir.Operation) -> bool:
    """Whether it is a loop of which the values are carried on by another around it."""
    parent = op.parent
    return op.name == "scf.for" and parent is not None and parent.name == "scf.for"


def _thread(kernel: ir.Operation) -> int:
    """The accumulators of a thread of a contraction."""
    schedule = Kernel(kernel).schedule
    return prod(schedule.thread) if schedule is not None and schedule.thread else 0
