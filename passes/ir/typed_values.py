"""Types of values in kernels: element types, changing them everywhere, constants of any type."""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir


def element_type(type_: ir.Type) -> ir.Type:
    """The element type of a vector or memref; of anything else the type itself."""
    return type_.element_type if isinstance(type_, (ir.VectorType, ir.MemRefType)) else type_


def with_element(type_: ir.Type, element: ir.Type) -> ir.Type:
    """The scalar or vector type `type_` with another element type."""
    return ir.VectorType.get(type_.shape, element) if isinstance(type_, ir.VectorType) else element


def retype(type_: ir.Type, old: ir.Type, new: ir.Type) -> ir.Type:
    """The scalar, vector or memref type `type_` with `new` in the place of the element `old`."""
    if element_type(type_) != old:
        return type_
    if isinstance(type_, ir.MemRefType):
        return ir.MemRefType.get(type_.shape, new, type_.layout, type_.memory_space)
    return with_element(type_, new)


def operations_in(root: ir.OpView | ir.Operation) -> list[ir.Operation]:
    """All operations nested in `root`, outer ones first."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        found.append(op)
        return ir.WalkResult.ADVANCE

    for region in root.operation.regions:
        for block in region.blocks:
            for op in block.operations:
                op.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def kernel_functions(root: ir.OpView | ir.Operation) -> list[ir.Operation]:
    """The kernels of a `gpu.module`."""
    body = root.operation.regions[0].blocks[0]
    return [op.operation for op in body.operations if op.operation.name == "gpu.func"]


def retype_values(root: ir.OpView | ir.Operation, convert: Callable[[ir.Type], ir.Type]) -> None:
    """Give every value and memref.global in `root` the type that `convert` makes of its own."""
    cache: dict[ir.Type, ir.Type] = {}

    def visit(value: ir.Value) -> None:
        old = value.type
        if old not in cache:
            with ir.Location.unknown():
                cache[old] = convert(old)
        if cache[old] != old:
            value.set_type(cache[old])

    for op in operations_in(root):
        for result in op.results:
            visit(result)
        for region in op.regions:
            for block in region.blocks:
                for argument in block.arguments:
                    visit(argument)
        if op.name == "memref.global":
            type_ = ir.TypeAttr(op.attributes["type"]).value
            with ir.Location.unknown():
                op.attributes["type"] = ir.TypeAttr.get(convert(type_))


def constant(type_: ir.Type, value: int | float) -> ir.Value:
    """A constant, splat if `type_` is a vector."""
    element = element_type(type_)
    if isinstance(element, ir.FloatType):
        scalar: ir.Attribute = ir.FloatAttr.get(element, float(value))
    else:
        scalar = ir.IntegerAttr.get(element, int(value))
    if isinstance(type_, ir.VectorType):
        scalar = ir.DenseElementsAttr.get_splat(type_, scalar)
    return constant_from(type_, scalar)


def constant_from(type_: ir.Type, value: ir.Attribute) -> ir.Value:
    """A constant of any type; `arith.ConstantOp` is declared to take Python's numbers only."""
    return ir.Operation.create("arith.constant", [type_], [], {"value": value}).result


def buffer_bytes(type_: ir.MemRefType) -> int:
    """The size of a 1-D memref of known length; an index counts as 64 bits."""
    element = type_.element_type
    known = isinstance(element, (ir.IntegerType, ir.FloatType))
    return type_.shape[0] * (element.width if known else 64) // 8
