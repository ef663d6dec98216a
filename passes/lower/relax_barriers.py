"""relax-barriers: where threads talk through shared memory only, barriers wait for nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import amdgpu

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import gpu_kernels, operations_in
from clawc.passes.kernel.kernel import Kernel


@dataclass(frozen=True)
class RelaxBarriers(Pass):
    """On RDNA, orders shared memory alone in kernels that read no buffer that they write.

    Loads from global memory then stay in flight across the barrier, and no cache is emptied.

    ```mlir
    gpu.barrier
    ```
    becomes
    ```mlir
    amdgpu.lds_barrier
    ```
    """

    name = "relax-barriers"
    chip: Chip = find("amdgpu")

    def run(self, module: ir.Module) -> None:
        if not self.chip.barriers_empty_caches:
            return
        for kernel in gpu_kernels(module):
            if not _talks_through_shared_memory_only(kernel):
                continue
            for op in operations_in(kernel):
                if op.name == "gpu.barrier":
                    with ir.InsertionPoint(op), op.location:
                        amdgpu.LDSBarrierOp()
                    op.erase()


def _talks_through_shared_memory_only(kernel: ir.Operation) -> bool:
    access = Kernel(kernel).access
    return access is not None and "readwrite" not in access
