"""A tile that reaches out of its argument: the part inside, and padding around it."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, tensor

from clawc.passes.ir.windows import Window
from clawc.passes.tile.group import Access, Padding
from clawc.passes.tile.slices import Scope, Size, add, as_value, cut, index, mixed, times


def cut_padded(
    view: ir.Value, access: Access, extents: Sequence[Size], tile: Sequence[int], scope: Scope
) -> ir.Value:
    """The scope's part of `view`, which sees an argument of the sizes `extents` through windows.

    In each padded dimension of the argument one loop, at most, is cut in tiles of more than one:
    what of it lies inside is an interval."""
    assert access.padding is not None
    begins: dict[int, ir.Value] = {}
    ends: dict[int, ir.Value] = {}
    for dim in access.padding.dims:
        window = access.windows[dim]
        d, step = moving(window, access, tile)
        first = _start(dim, access, scope)
        begin = _clamped(_steps_to(0, first, step), scope.sizes[d])
        end = _clamped(_steps_to(extents[dim], first, step), scope.sizes[d])
        begins[d] = arith.maxsi(begins[d], begin) if d in begins else begin
        ends[d] = arith.minsi(ends[d], end) if d in ends else end
    inner = Scope([*scope.offsets], [*scope.sizes])
    low: dict[int, Size] = {**begins}
    high: dict[int, Size] = {}
    for d, begin in begins.items():
        length = arith.maxsi(arith.subi(ends[d], begin), index(0))
        inner.sizes[d] = length
        inner.offsets[d] = add(scope.offsets[d], begin)
        high[d] = arith.subi(arith.subi(as_value(scope.sizes[d]), begin), length)
    inside = cut(view, access.dims, inner)
    around = ([low.get(d, 0) for d in access.dims], [high.get(d, 0) for d in access.dims])
    return _pad(inside, *around, access.padding)


def moving(window: Window, access: Access, tile: Sequence[int]) -> tuple[int, int]:
    """The dimension along which a tile moves in a window, and its step: that of a tile above 1, or
    the last one, whose only element is as far from any other with any step."""
    terms = [(access.all_dims[place], step) for place, step in window.terms]
    terms = [term for term in terms if term[0] >= 0]
    return next((term for term in terms if tile[term[0]] > 1), (terms[-1][0], 1))


def _start(dim: int, access: Access, scope: Scope) -> ir.Value:
    """Where along a dimension of the argument the scope's first element is; below 0 it is before
    it."""
    total: Size = access.windows[dim].offset
    for place, step in access.windows[dim].terms:
        d = access.all_dims[place]
        if d >= 0:
            total = add(total, times(scope.offsets[d], step))
    for value, factor in access.moved[dim]:
        total = add(total, times(value, factor))
    return as_value(total)


def _steps_to(place: Size, first: ir.Value, step: int) -> ir.Value:
    """How many steps from `first` are before `place`; below 0 if it is behind."""
    distance = arith.subi(as_value(place), first)
    return distance if step == 1 else arith.ceildivsi(distance, index(step))


def _clamped(count: ir.Value, most: Size) -> ir.Value:
    return arith.minsi(arith.maxsi(count, index(0)), as_value(most))


def _pad(inside: ir.Value, low: Sequence[Size], high: Sequence[Size], padding: Padding) -> ir.Value:
    rank, type_ = len(low), ir.RankedTensorType(inside.type)
    dynamic = ir.ShapedType.get_dynamic_size()
    shape = [
        size if a == 0 and b == 0 else dynamic
        for size, a, b in zip(type_.shape, low, high, strict=True)
    ]
    (before, static_before), (after, static_after) = mixed(low), mixed(high)
    result = ir.RankedTensorType.get(shape, type_.element_type)
    op = tensor.PadOp(result, inside, before, after, static_before, static_after)
    block = op.regions[0].blocks.append(*[ir.IndexType.get()] * rank)
    with ir.InsertionPoint(block):
        tensor.YieldOp(padding.value)
    return op.result
