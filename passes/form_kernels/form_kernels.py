"""form-kernels: a function on tensors becomes kernels, and a host function on memrefs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import func

from clawc.passes.form_kernels.domain import domain_of
from clawc.passes.form_kernels.fusion import Fusion
from clawc.passes.form_kernels.generic import GenericKernel
from clawc.passes.form_kernels.groups import Group
from clawc.passes.form_kernels.host import Host
from clawc.passes.form_kernels.prepare import prepare
from clawc.passes.form_kernels.vector import VectorKernel
from clawc.passes.framework.base import Pass
from clawc.passes.ir.maps import runs_in_order
from clawc.passes.kernel.kernel import Kernel

_HINTS = {"contraction": "matmul", "reduction": "reduce", "elementwise": "map"}


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
    """

    name: ClassVar[str] = "form-kernels"

    def run(self, module: ir.Module) -> None:
        known: dict[str, str] = {}
        for op in list(module.body.operations):
            if isinstance(op, func.FuncOp) and Kernel.of(op) is None:
                _form(op, module, known)


def _form(source: func.FuncOp, module: ir.Module, known: dict[str, str]) -> None:
    """Replace `source`; `known` are the names of all kernels by their text."""
    prepare(source)
    block = source.body.blocks[0]
    fusion = Fusion(block)
    host = Host(source, module)
    for number, group in enumerate(fusion.groups):
        name = f"{host.name}_{_HINTS.get(group.kind, 'generic')}_{number}"
        _launch(group, name, host, fusion, known)
    results = [host.buffer(value) for value in block.operations[len(block.operations) - 1].operands]
    host.finish(results)
    source.operation.erase()


def _launch(group: Group, name: str, host: Host, fusion: Fusion, known: dict[str, str]) -> None:
    """Write the kernel of `group`, or take the one that is already there, and its call."""
    stored = fusion.escapes(group)
    if not stored:
        return
    if group.kind == "generic":
        op = next(iter(group.ops))
        if runs_in_order(op.op):
            stored = [write.value for write in op.writes]  # they take each other's values
        inputs = [(value, host.buffer(value)) for value in group.inputs]
        outputs = [(value, host.allocate(value)) for value in stored]
        kernel = GenericKernel(name, host, op, inputs, outputs, fusion.sizes)
    else:
        domain = domain_of(group, stored)
        inputs, outputs = [], []
        for value, dims in group.inputs.items():
            view = host.collapse(host.buffer(value), domain.reassociation(dims))
            inputs.append((value, view))
        for value in stored:
            view = host.collapse(host.allocate(value), domain.reassociation(group.values[value]))
            outputs.append((value, view))
        kernel = VectorKernel(name, host, domain, inputs, outputs, fusion.sizes)
    buffers = [buffer for _, buffer in [*inputs, *outputs]]
    text = kernel.body.func.operation.get_asm(use_local_scope=True).replace(f"@{name}(", "@(", 1)
    if text in known:
        kernel.body.func.operation.erase()
    with host.point, kernel.body.location:
        func.CallOp([], known.setdefault(text, name), [*buffers, *kernel.body.scalars])
