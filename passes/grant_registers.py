"""grant-registers: how many registers ptxas may give a thread of a contraction."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mlir import ir

from clawc.passes.base import Pass
from clawc.passes.gpu_kernels import gpu_kernels
from clawc.targets.chip import find

_BESIDES = 96  # accumulators: operands of a step, values on their way to shared memory, addresses


@dataclass(frozen=True)
class GrantRegisters(Pass):
    """Where operands are narrow, or integers of 64 bits, ptxas would rather spill a few bytes than
    let go of a resident workgroup; a limit that is given turns that choice of its off.

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
    chip: str = "nvptx"

    def run(self, module: ir.Module) -> None:
        most = find(self.chip).registers
        i32 = ir.IntegerType.get_signless(32)
        for kernel in gpu_kernels(module):
            if held := _accumulators(kernel):
                limit = min(held + _BESIDES, most)
                kernel.attributes["nvvm.maxnreg"] = ir.IntegerAttr.get(i32, limit)


def _accumulators(kernel: ir.Operation) -> int:
    """The registers they take; 0 where ptxas needs no telling."""
    attributes = kernel.attributes
    if "claw.schedule" not in attributes or "thread" not in attributes["claw.schedule"]:
        return 0
    arguments = kernel.regions[0].blocks[0].arguments
    buffers = (a.type for a in arguments if isinstance(a.type, ir.MemRefType))
    types = [buffer.element_type for buffer in buffers]
    wide = any(isinstance(t, ir.IntegerType) and t.width == 64 for t in types)
    if not wide and all(t.width >= 32 for t in types):
        return 0
    thread = attributes["claw.schedule"]["thread"]
    return prod(n.value for n in thread) * (2 if wide else 1)
