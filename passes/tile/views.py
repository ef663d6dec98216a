"""An argument of a kernel as the dimensions of the group see it: collapsed, or through windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, memref

from clawc.passes.tile.group import Access
from clawc.passes.tile.slices import Size, add, as_value, index, times

DYNAMIC = ir.ShapedType.get_dynamic_size()


def view(memory: ir.Value, access: Access, extents: Sequence[Size]) -> ir.Value:
    """`memory` with a dimension for each of `access.dims`; `extents` are those of the group."""
    if access.windows:
        return _through_windows(memory, access, extents)
    if len(access.dims) == len(access.all_dims):
        return memory
    return _collapsed(memory, access)


def _collapsed(memory: ir.Value, access: Access) -> ir.Value:
    """Without units, and with merged dimensions as one; static where the memory's own sizes are,
    though another operand may say more."""
    groups: list[list[int]] = []
    for i, d in enumerate(access.all_dims):
        if d >= 0 and (not groups or any(access.all_dims[j] >= 0 for j in groups[-1])):
            groups.append([i])
        elif not groups:
            groups.append([i])
        else:
            groups[-1].append(i)
    type_ = ir.MemRefType(memory.type)
    if not access.dims and DYNAMIC in type_.shape:  # of one element, as another operand says
        type_ = ir.MemRefType.get([1] * len(type_.shape), type_.element_type)
        memory = memref.cast(type_, memory)
    groups = groups if access.dims else []
    sizes = [[type_.shape[i] for i in group] for group in groups]
    shape = [DYNAMIC if DYNAMIC in group else math.prod(group) for group in sizes]
    result = ir.MemRefType.get(shape, type_.element_type)
    i64 = ir.IntegerType.get_signless(64)
    reassociation = [ir.ArrayAttr.get([ir.IntegerAttr.get(i64, i) for i in g]) for g in groups]
    return memref.CollapseShapeOp(result, memory, ir.ArrayAttr.get(reassociation)).result


def _through_windows(memory: ir.Value, access: Access, extents: Sequence[Size]) -> ir.Value:
    """With a dimension for each loop.  A loop of step s in the window of a dimension moves s times
    as far as that dimension does; several loops may reach the same element."""
    along = _strides(memory)
    offset: Size = 0
    strides: list[Size] = [0] * len(access.all_dims)
    for i, (window, stride) in enumerate(zip(access.windows, along, strict=True)):
        offset = add(offset, times(stride, window.offset))
        for value, factor in access.moved[i] if access.moved else ():
            way = value if stride == 1 else arith.muli(value, as_value(stride))
            offset = add(offset, times(way, factor))
        for position, step in window.terms:
            strides[position] = add(strides[position], times(stride, step))
    if isinstance(offset, int) and offset < 0:  # of padding; refused as an attribute
        offset = index(offset)
    kept = [i for i, d in enumerate(access.all_dims) if d >= 0]
    sizes = [extents[access.all_dims[i]] for i in kept]
    strides = [strides[i] for i in kept]
    strides = [index(s) if isinstance(s, int) and s < 0 else s for s in strides]  # as of flips
    static = [[s if isinstance(s, int) else DYNAMIC for s in x] for x in ([offset], sizes, strides)]
    dynamic = [[s for s in x if not isinstance(s, int)] for x in ([offset], sizes, strides)]
    layout = ir.StridedLayoutAttr.get(static[0][0], static[2])
    element = ir.MemRefType(memory.type).element_type
    type_ = ir.MemRefType.get(static[1], element, layout)
    return memref.ReinterpretCastOp(type_, memory, *dynamic, *static).result


def sizes_of(memory: ir.Value) -> list[Size]:
    shape = ir.MemRefType(memory.type).shape
    return [
        memref.dim(memory, index(dim)) if size == DYNAMIC else size
        for dim, size in enumerate(shape)
    ]


def _strides(memory: ir.Value) -> list[Size]:
    """Of a memref in row-major order."""
    strides: list[Size] = []
    total: Size = 1
    for size in reversed(sizes_of(memory)):
        strides.insert(0, total)
        if isinstance(size, int) and isinstance(total, int):
            total *= size
        else:
            total = size if total == 1 else arith.muli(as_value(size), as_value(total))
    return strides
