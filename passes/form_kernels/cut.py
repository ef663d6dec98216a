"""A tensor of a kernel as windows at places of it see it: padded where it ends, and cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mlir import ir
from mlir.dialects import arith, memref, tensor

from clawc.passes.ir.constants import constant
from clawc.passes.ir.linear import Linear
from clawc.passes.ir.slices import extract_slice
from clawc.passes.ir.windows import Place, Window

DYNAMIC = ir.ShapedType.get_dynamic_size()
Size = int | ir.Value


def cut(
    source: ir.Value,
    dims: Sequence[int | Window],
    places: Sequence[Place | None],
    loop_size: Callable[[int], Size],
    scalar: Callable[[ir.Value], ir.Value],
) -> tuple[ir.Value, list[int | Window]]:
    """What `dims`, each at its place, index of `source`, the contents of a buffer, and what indexes
    that.  `loop_size` are the sizes of loops; `scalar` are the host's values in the kernel.

    A slice is one, a flip is read by its map, and what a branch guards has zeros around it:

        %p = tensor.pad %x low[%k] high[%h] { yield 0 }
        %s = tensor.extract_slice %p[0] [%n] [1]
    """
    cuts = [_Cut(source, dim, loop_size, scalar) for dim in range(len(dims))]
    new = [
        one.at(dim, place) if isinstance(dim, Window) and place is not None else dim
        for one, dim, place in zip(cuts, dims, places, strict=True)
    ]
    return _sliced(_padded(source, cuts), cuts), new


class _Cut:
    """One dimension: so much padding before and behind it, then `size` elements from `start`."""

    def __init__(
        self,
        source: ir.Value,
        dim: int,
        loop_size: Callable[[int], Size],
        scalar: Callable[[ir.Value], ir.Value],
    ) -> None:
        self.source, self.dim, self.loop_size, self.scalar = source, dim, loop_size, scalar
        self.low: Size = 0
        self.high: Size = 0
        self.start: Size = 0
        self.size: Size | None = None  # None: all

    def at(self, window: Window, place: Place) -> Window:
        sizes = [self.loop_size(loop) for loop in window.loops]
        known = not place.moved and all(isinstance(n, int) for n in sizes)
        length = ir.RankedTensorType(self.source.type).shape[self.dim]
        if place.guarded and known and length != DYNAMIC:
            window = self._pad(window, dict(zip(window.loops, sizes, strict=True)), length)
            length += _number(self.low) + _number(self.high)
        elif place.guarded:
            return self._pad_by_values(window, place, sizes[0])
        elif place.moved:
            self.start = self._shift(window, place)
            whole = subtract(self._length(), self.start)
            window = replace(window, offset=0)
            self.size = sizes[0] if window.is_loop else whole
            return window
        if window.is_loop and sizes[0] != length:
            self.size = sizes[0]
        return window

    def _pad(self, window: Window, sizes: dict[int, int], length: int) -> Window:
        first, last = Linear(window).span(sizes.__getitem__)
        self.low, self.high = max(0, -first), max(0, last - length + 1)
        return replace(window, offset=window.offset + self.low)

    def _pad_by_values(self, window: Window, place: Place, count: Size) -> Window:
        """Of a loop, from anywhere: as it is not known, how much is there, it may be nothing."""
        shift = self._shift(window, place)
        self.low = maximum(subtract(0, shift), 0)
        self.start = maximum(shift, 0)
        self.high = maximum(subtract(add(shift, count), self._length()), 0)
        self.size = count
        return replace(window, offset=0)

    def _shift(self, window: Window, place: Place) -> Size:
        total: Size = window.offset
        for value, factor in place.moved:
            total = add(total, times(self.scalar(value), factor))
        return total

    def _length(self) -> Size:
        length = ir.RankedTensorType(self.source.type).shape[self.dim]
        if length != DYNAMIC:
            return length
        return memref.DimOp(self.source.owner.operands[0], as_value(self.dim)).result


def _padded(source: ir.Value, cuts: Sequence[_Cut]) -> ir.Value:
    low, high = [c.low for c in cuts], [c.high for c in cuts]
    if not any(n != 0 for n in [*low, *high]):
        return source
    type_ = ir.RankedTensorType(source.type)
    shape = [
        n + _number(a) + _number(b)
        if n != DYNAMIC and isinstance(a, int) and isinstance(b, int)
        else n
        if (a, b) == (0, 0)
        else DYNAMIC
        for n, a, b in zip(type_.shape, low, high, strict=True)
    ]
    zero = constant(type_.element_type, 0)
    result = ir.RankedTensorType.get(shape, type_.element_type)
    op = tensor.PadOp(result, source, *_values(low, high), *_numbers(low, high))
    block = op.regions[0].blocks.append(*[ir.IndexType.get()] * len(shape))
    with ir.InsertionPoint(block):
        tensor.YieldOp(zero)
    return op.result


def _sliced(source: ir.Value, cuts: Sequence[_Cut]) -> ir.Value:
    if all(c.size is None for c in cuts):
        return source
    type_ = ir.RankedTensorType(source.type)
    starts = [c.start for c in cuts]
    sizes: list[Size] = []
    for dim, one in enumerate(cuts):
        if one.size is not None:
            sizes.append(one.size)
        elif type_.shape[dim] != DYNAMIC:
            sizes.append(type_.shape[dim])
        else:
            sizes.append(add(add(one._length(), one.low), one.high))
    return extract_slice(source, starts, sizes)


def _values(*sizes: Sequence[Size]) -> list[list[ir.Value]]:
    return [[n for n in each if not isinstance(n, int)] for each in sizes]


def _numbers(*sizes: Sequence[Size]) -> list[ir.DenseI64ArrayAttr]:
    static = ([n if isinstance(n, int) else DYNAMIC for n in each] for each in sizes)
    return [ir.DenseI64ArrayAttr.get(each) for each in static]


def _number(size: Size) -> int:
    assert isinstance(size, int)
    return size


# Sizes
def as_value(size: Size) -> ir.Value:
    return arith.constant(ir.IndexType.get(), size) if isinstance(size, int) else size


def add(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if 0 in [n for n in (a, b) if isinstance(n, int)]:
        return b if isinstance(a, int) else a
    return arith.addi(as_value(a), as_value(b))


def subtract(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a - b
    return a if isinstance(b, int) and b == 0 else arith.subi(as_value(a), as_value(b))


def times(value: ir.Value, factor: int) -> ir.Value:
    return value if factor == 1 else arith.muli(value, as_value(factor))


def maximum(a: Size, b: int) -> Size:
    return max(a, b) if isinstance(a, int) else arith.maxsi(a, as_value(b))
