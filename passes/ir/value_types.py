"""Types of values: their elements, and how they are changed everywhere in a kernel."""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir

from clawc.passes.ir.operations import operations_in


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


def buffer_bytes(type_: ir.MemRefType) -> int:
    """The size of a 1-D memref of known length; an index counts as 64 bits."""
    element = type_.element_type
    known = isinstance(element, (ir.IntegerType, ir.FloatType))
    return type_.shape[0] * (element.width if known else 64) // 8
