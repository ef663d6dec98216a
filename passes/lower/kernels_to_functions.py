"""kernels-to-functions: kernels of one thread become functions that run one workgroup."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, func

from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.operations import gpu_kernels, operations_in
from clawc.passes.kernel.kernel import Kernel


@dataclass(frozen=True)
class KernelsToFunctions(Pass):
    """Replaces the `gpu.module` by functions whose last argument is the workgroup's number.

    ```mlir
    gpu.func @k(%x: memref<?xf32>, %n: index) kernel { %b = gpu.block_id x ... gpu.return }
    ```
    becomes
    ```mlir
    func.func private @k.workgroup(%x: memref<?xf32>, %n: index, %b: index)
        attributes {claw.entry = "k", llvm.linkage = #llvm.linkage<internal>} { ... return }
    ```
    """

    name = "kernels-to-functions"

    def run(self, module: ir.Module) -> None:
        for kernel in gpu_kernels(module):
            _to_function(module, kernel)
        for op in list(module.body.operations):
            if op.operation.name == "gpu.module":
                op.operation.erase()


def _to_function(module: ir.Module, kernel: ir.Operation) -> None:
    name = ir.StringAttr(kernel.attributes["sym_name"]).value
    inputs = ir.FunctionType(ir.TypeAttr(kernel.attributes["function_type"]).value).inputs
    index = ir.IndexType.get()
    with ir.InsertionPoint(module.body), kernel.location:
        function = func.FuncOp(f"{name}.workgroup", ([*inputs, index], []), visibility="private")
    Kernel(function).set_entry(name)
    function.attributes["llvm.linkage"] = ir.Attribute.parse("#llvm.linkage<internal>")
    if "arg_attrs" in kernel.attributes:
        attributes = [*ir.ArrayAttr(kernel.attributes["arg_attrs"]), ir.DictAttr.get({})]
        function.attributes["arg_attrs"] = ir.ArrayAttr.get(attributes)
    entry = kernel.regions[0].blocks[0]
    entry.append_to(function.regions[0])
    block_id = entry.add_argument(index, kernel.location)
    for op in operations_in(function):
        if op.name.startswith("gpu."):
            _replace(op, block_id)


def _replace(op: ir.Operation, block_id: ir.Value) -> None:
    """What a lone thread makes of a gpu operation."""
    with ir.InsertionPoint(op), op.location:
        match op.name, str(op.attributes["dimension"]) if "dimension" in op.attributes else "":
            case "gpu.return", _:
                func.ReturnOp([])
            case "gpu.barrier", _:
                pass
            case "gpu.block_id", "#gpu<dim x>":
                op.results[0].replace_all_uses_with(block_id)
            case "gpu.thread_id" | "gpu.block_id", _:
                zero = arith.ConstantOp(ir.IndexType.get(), 0)
                op.results[0].replace_all_uses_with(zero.result)
            case _:
                raise PassFailure(op, "is for many threads; a kernel of the host has one")
    op.erase()
