"""Buffers of tensors: their types, and other shapes of the same memory."""

from __future__ import annotations

import math
from collections.abc import Callable

from mlir import ir
from mlir.dialects import arith, memref, tensor

from clawc.passes.ir.loops import shape_of

DYNAMIC = ir.ShapedType.get_dynamic_size()
Size = Callable[[ir.Value, int], ir.Value]  # of a dimension of a tensor, on the host


def memref_type(shape: list[int], element: ir.Type) -> ir.MemRefType:
    """The type of such a buffer; -1 is dynamic, bits are bytes."""
    sizes = [DYNAMIC if size < 0 else size for size in shape]
    return ir.MemRefType.get(sizes, stored_type(element))


def stored_type(element: ir.Type) -> ir.Type:
    """How `element` is kept in memory: i1 as i8."""
    bit = isinstance(element, ir.IntegerType) and element.width == 1
    return ir.IntegerType.get_signless(8) if bit else element


def buffer_type(type_: ir.Type) -> ir.Type:
    """What stands for a value of the type on the host: a buffer for a tensor, else the value."""
    if not isinstance(type_, ir.RankedTensorType):
        return type_
    shape = [-1 if type_.is_dynamic_dim(i) else type_.get_dim_size(i) for i in range(type_.rank)]
    return memref_type(shape, type_.element_type)


def view(op: ir.OpView, source: ir.Value, size: Size) -> ir.Value:
    """The buffer of a view's result, at the insertion point."""
    value = op.results[0]
    type_ = ir.MemRefType(buffer_type(value.type))
    if isinstance(op, tensor.CastOp):
        return memref.CastOp(type_, source).result
    if isinstance(op, tensor.CollapseShapeOp):
        return memref.CollapseShapeOp(type_, source, op.reassociation).result
    shape = shape_of(value)
    sizes = [size(value, i) for i, n in enumerate(shape) if n < 0]
    static = [DYNAMIC if n < 0 else n for n in shape]
    if isinstance(op, tensor.ExpandShapeOp):
        return memref.ExpandShapeOp(type_, source, op.reassociation, sizes, static).result
    return _reshape(source, type_, sizes)


def _reshape(source: ir.Value, type_: ir.MemRefType, sizes: list[ir.Value]) -> ir.Value:
    """Any other shape: contiguous memory under new sizes."""
    static = list(type_.shape)
    total = -1 if sizes else math.prod(static)
    flat = collapse(source, [list(range(len(shape_of(source))))])
    line = memref_type([total], type_.element_type)
    if flat.type != line:
        flat = memref.CastOp(line, flat).result
    if not static:
        return memref.CollapseShapeOp(type_, flat, []).result
    return memref.ExpandShapeOp(type_, flat, [list(range(len(static)))], sizes, static).result


def collapse(source: ir.Value, groups: list[list[int]]) -> ir.Value:
    """`source` with each of `groups` of dimensions as one; an empty one is a new unit."""
    shape = shape_of(source)
    element = ir.ShapedType(source.type).element_type
    if groups == [[]]:
        return memref.ExpandShapeOp(memref_type([1], element), source, [], [], [1]).result
    if len(groups) == len(shape):
        return source
    merged = [
        math.prod(shape[i] for i in g) if all(shape[i] >= 0 for i in g) else -1 for g in groups
    ]
    return memref.CollapseShapeOp(memref_type(merged, element), source, groups).result


def element(buffer: ir.Value, indices: list[ir.Value], type_: ir.Type) -> ir.Value:
    """An element of a buffer; a byte as the bit that it stands for."""
    found = memref.LoadOp(buffer, indices).result
    return found if found.type == type_ else arith.trunci(type_, found)


def reassociation(op: tensor.CollapseShapeOp) -> list[list[int]]:
    """The dimensions that become each one."""
    return [[ir.IntegerAttr(i).value for i in ir.ArrayAttr(g)] for g in op.reassociation]
