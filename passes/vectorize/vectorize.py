"""vectorize: turn tiled kernels into programs on whole-tile vectors."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.passmanager import PassManager

from clawc.passes.framework.base import Pass
from clawc.passes.kernel.kernel import kernels_of
from clawc.passes.vectorize.kernel import vectorize


@dataclass(frozen=True)
class Vectorize(Pass):
    """Each tiled op becomes vector code, slices of arguments masked transfers; tensors vanish.

    Before:
        %r = scf.forall (%i) = (0) to (%m) step (64) shared_outs(%o = %empty) {
          %a = tensor.extract_slice %x[%i] [%rows] [1]
          %s = linalg.generic ... ins(%a) attrs = {claw.tile = array<i64: 64>} { ... math.exp ... }
          scf.forall.in_parallel { tensor.parallel_insert_slice %s into %o[%i] [%rows] [1] }
        }
        bufferization.materialize_in_destination %r in restrict writable %out
    After:
        %block = gpu.block_id x
        %i = arith.muli %block, %c64
        %mask = vector.create_mask %rows : vector<64xi1>
        %a = vector.transfer_read %x[%i], %zero, %mask : memref<?xf32>, vector<64xf32>
        %s = math.exp %a : vector<64xf32>
        vector.transfer_write %s, %out[%i], %mask : vector<64xf32>, memref<?xf32>

    Sums over chunks carry a tile of partial results through the loop and reduce it after.  The
    function gets `claw.grid` and `claw.grid_symbols`: the number of workgroups."""

    name = "vectorize"

    def run(self, module: ir.Module) -> None:
        for kernel in kernels_of(module, "vector"):
            vectorize(kernel.op)
        PassManager.parse("builtin.module(cse)").run(module.operation)
