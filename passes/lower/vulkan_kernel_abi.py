"""vulkan-kernel-abi: scalars become push constants, and a grid has two dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, memref, scf

from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.operations import kernel_functions, operations_in
from clawc.passes.kernel.attributes import PUSH_CONSTANTS, TOTAL_PUSH_CONSTANT
from clawc.passes.kernel.kernel import Kernel

PUSH_CONSTANT_BYTES = 128  # what every Vulkan device offers at least


@dataclass(frozen=True)
class VulkanKernelAbi(Pass):
    """Move scalar arguments to one block of 32-bit push constants; add the number of workgroups.

    A grid dimension may have 65535 workgroups only, so that a launch is (gx, gy) workgroups and the
    linear one is by * gx + bx; those past the end return at once.  All threads of a workgroup take
    the same way, hence barriers inside are fine.

    gpu.func @k(%x: memref<?xf32>, %n: index) kernel { %b = gpu.block_id x ... }
    ->
    gpu.func @k(%x: memref<?xf32>, %p: memref<2xi32, #spirv.storage_class<PushConstant>>) kernel {
      %n = ... memref.load %p[%c0] ...   %b = by * gx + bx
      %total = ... memref.load %p[%c1] ...
      scf.if (%b < %total) { ... } }
    """

    name = "vulkan-kernel-abi"

    def run(self, module: ir.Module) -> None:
        for root in [op for op in module.body.operations if op.operation.name == "gpu.module"]:
            for function in kernel_functions(root):
                _convert(function)


def _convert(function: ir.Operation) -> None:
    body = function.regions[0].blocks[0]
    scalars = [a for a in body.arguments if not isinstance(a.type, ir.MemRefType)]
    size = 4 * (len(scalars) + 1)
    if size > PUSH_CONSTANT_BYTES:
        raise PassFailure(
            function,
            f"needs {size} bytes of push constants for its sizes; "
            f"Vulkan devices offer {PUSH_CONSTANT_BYTES}: make some of the sizes static",
        )
    first = body.arguments[0].location if len(body.arguments) else function.location
    i32 = ir.IntegerType.get_signless(32)
    space = ir.Attribute.parse("#spirv.storage_class<PushConstant>")
    with function.location:
        block_type = ir.MemRefType.get([len(scalars) + 1], i32, None, space)
    inner = [op for op in operations_in(function) if op.name == "gpu.block_id"]
    content = list(body.operations)
    constants = body.add_argument(block_type, first)
    with ir.InsertionPoint(content[0]), function.location:
        for position, scalar in enumerate(scalars):
            if not isinstance(scalar.type, ir.IndexType) and scalar.type != i32:
                raise PassFailure(function, f"takes a scalar of {scalar.type}; expected index")
            scalar.replace_all_uses_with(_read(constants, position, scalar.type))
        block = _linear_block_id()
        total = _read(constants, len(scalars), ir.IndexType.get())
        inside = arith.cmpi(arith.CmpIPredicate.ult, block, total)
        guard = scf.IfOp(inside)
    for op in inner:
        op.results[0].replace_all_uses_with(block)
    for op in content[:-1]:
        op.operation.move_before(_terminator(guard.then_block))
    for op in inner:
        op.erase()
    for position in reversed(range(len(body.arguments) - 1)):
        if not isinstance(body.arguments[position].type, ir.MemRefType):
            body.erase_argument(position)
    signature = ir.FunctionType.get([a.type for a in body.arguments], [])
    function.attributes["function_type"] = ir.TypeAttr.get(signature)
    if "arg_attrs" in function.attributes:  # of arguments that are gone
        del function.attributes["arg_attrs"]
    Kernel(function).set_number(PUSH_CONSTANTS, size)
    Kernel(function).set_number(TOTAL_PUSH_CONSTANT, 1)


def _terminator(block: ir.Block) -> ir.Operation:
    if not len(block.operations):
        with ir.InsertionPoint(block), ir.Location.unknown():
            scf.YieldOp([])
    return block.operations[len(block.operations) - 1].operation


def _read(constants: ir.Value, position: int, type_: ir.Type) -> ir.Value:
    value = memref.load(constants, [arith.constant(ir.IndexType.get(), position)])
    return value if value.type == type_ else arith.index_cast(type_, value)


def _linear_block_id() -> ir.Value:
    x, y, width = (
        ir.Operation.create(name, [ir.IndexType.get()], [], {"dimension": _dimension(axis)}).result
        for name, axis in (("gpu.block_id", "x"), ("gpu.block_id", "y"), ("gpu.grid_dim", "x"))
    )
    return arith.addi(arith.muli(y, width), x)


def _dimension(axis: str) -> ir.Attribute:
    return ir.Attribute.parse(f"#gpu<dim {axis}>")
