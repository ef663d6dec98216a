"""form-kernels: a function on tensors becomes kernels, and a host function on memrefs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import func

from clawc.passes.form_kernels.former import Former
from clawc.passes.form_kernels.prepare import prepare
from clawc.passes.form_kernels.variables import variables_in_memory
from clawc.passes.framework.base import Pass
from clawc.passes.ir.symbols import Symbols
from clawc.passes.kernel.kernel import Kernel


@dataclass(frozen=True)
class FormKernels(Pass):
    """Group the operations of each public function into kernels; what runs together is one.

    Before:

        func.func @f(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
          %e = tensor.empty(%d) : tensor<?x8xf32>
          %y = linalg.generic ... ins(%x) outs(%e) { exp }
          %z = linalg.generic ... ins(%y, %x) outs(%e) { addf }
          return %z : tensor<?x8xf32>
        }

    After:

        func.func @f(%x: memref<?x8xf32>) -> memref<?x8xf32> {
          %o = memref.alloc(%d) : memref<?x8xf32>
          %xv = memref.collapse_shape %x [[0, 1]] ...
          %ov = memref.collapse_shape %o [[0, 1]] ...
          call @f_map_0(%xv, %ov) : (memref<?xf32>, memref<?xf32>) -> ()
          return %o : memref<?x8xf32>
        }
        func.func private @f_map_0(%x: memref<?xf32>, %o: memref<?xf32>)
            attributes {claw.kernel, claw.lane = "vector", claw.kind = "elementwise"} {
          %t = bufferization.to_tensor %x restrict ...
          %y = linalg.generic ...
          %z = linalg.generic ...
          bufferization.materialize_in_destination %z in restrict writable %o ...
        }

    Which operations become one kernel is told in `fusion.py`.  Dimensions of a group
    that are neighbours in all of its operands are merged: the host passes collapsed views.
    Kernels that are the same are one.  Loops that run once are gone.  `claw.reason` of a kernel of
    the generic lane says why it is there.
    The host's loops and branches stay, around kernels of their own; see `former.py`.
    """

    name: ClassVar[str] = "form-kernels"

    def run(self, module: ir.Module) -> None:
        known: dict[str, str] = {}
        symbols = Symbols(module)
        variables_in_memory(module)
        for op in list(module.body.operations):
            if isinstance(op, func.FuncOp) and Kernel.of(op) is None:
                prepare(op)
                Former(op, module, known, symbols).form()
