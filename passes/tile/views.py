"""An argument of a kernel as the dimensions of the group see it: collapsed, or through windows."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, memref

from clawc.passes.tile.group import Access
from clawc.passes.tile.slices import Size, index

DYNAMIC = ir.ShapedType.get_dynamic_size()


def view(memory: ir.Value, access: Access, extents: Sequence[Size]) -> ir.Value:
    """`memory` with a dimension for each of `access.dims`; `extents` are those of the group."""
    if access.windows:
        return _through_windows(memory, access, extents)
    if len(access.dims) == len(access.all_dims):
        return memory
    return _collapsed(memory, access, extents)


def _collapsed(memory: ir.Value, access: Access, extents: Sequence[Size]) -> ir.Value:
    """Without units, and with merged dimensions as one."""
    groups: list[list[int]] = []
    for i, d in enumerate(access.all_dims):
        if d >= 0 and (not groups or any(access.all_dims[j] >= 0 for j in groups[-1])):
            groups.append([i])
        elif not groups:
            groups.append([i])
        else:
            groups[-1].append(i)
    shape = [extents[d] if isinstance(extents[d], int) else DYNAMIC for d in access.dims]
    result = ir.MemRefType.get(shape, ir.MemRefType(memory.type).element_type)
    i64 = ir.IntegerType.get_signless(64)
    groups = groups if access.dims else []
    reassociation = [ir.ArrayAttr.get([ir.IntegerAttr.get(i64, i) for i in g]) for g in groups]
    return memref.CollapseShapeOp(result, memory, ir.ArrayAttr.get(reassociation)).result


def _through_windows(memory: ir.Value, access: Access, extents: Sequence[Size]) -> ir.Value:
    """With a dimension for each loop.  A loop of step s in the window of a dimension moves s times
    as far as that dimension does; several loops may reach the same element."""
    along = _strides(memory)
    offset: Size = 0
    strides: list[Size] = [0] * len(access.all_dims)
    for window, stride in zip(access.windows, along, strict=True):
        offset = _add(offset, _times(stride, window.offset))
        for position, step in window.terms:
            strides[position] = _add(strides[position], _times(stride, step))
    kept = [i for i, d in enumerate(access.all_dims) if d >= 0]
    sizes = [extents[access.all_dims[i]] for i in kept]
    strides = [strides[i] for i in kept]
    static = [[s if isinstance(s, int) else DYNAMIC for s in x] for x in ([offset], sizes, strides)]
    dynamic = [[s for s in x if not isinstance(s, int)] for x in ([offset], sizes, strides)]
    layout = ir.StridedLayoutAttr.get(static[0][0], static[2])
    element = ir.MemRefType(memory.type).element_type
    type_ = ir.MemRefType.get(static[1], element, layout)
    return memref.ReinterpretCastOp(type_, memory, *dynamic, *static).result


def _strides(memory: ir.Value) -> list[Size]:
    """Of a memref in row-major order."""
    strides: list[Size] = []
    total: Size = 1
    for dim, size in reversed(list(enumerate(ir.MemRefType(memory.type).shape))):
        strides.insert(0, total)
        if dim:
            extent = memref.dim(memory, index(dim)) if size == DYNAMIC else size
            total = (
                extent * total
                if isinstance(extent, int) and isinstance(total, int)
                else (arith.muli(index_of(extent), index_of(total)))
            )
    return strides


def index_of(size: Size) -> ir.Value:
    return index(size) if isinstance(size, int) else size


def _times(size: Size, factor: int) -> Size:
    if isinstance(size, int) or factor == 0:
        return size * factor if isinstance(size, int) else 0
    return size if factor == 1 else arith.muli(size, index(factor))


def _add(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if a == 0 or b == 0:
        return b if a == 0 else a
    return arith.addi(index_of(a), index_of(b))
