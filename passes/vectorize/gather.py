"""Elements of a table by computed indices (`tensor.extract`), on tiles.

What the indices vary over decides how they are read, and is in the IR:

    one element          memref.load %table[%i, %j]             one load for the whole tile
    part of one row      vector.transfer_read %table[%i, %j]    as any tile of a tensor
    parts of many rows   vector.gather ... {claw.rows}          wide loads along the last axis
    elements anywhere    vector.gather ...                      a load for each element

A gather is of the table as a line, whose places are row-major.  Beyond the bounds of the tile
indices may be anything: its mask leaves them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import prod

from mlir import ir
from mlir.dialects import arith, memref, vector

from clawc.passes.kernel.kernel import set_rows
from clawc.passes.tile.body import is_inside
from clawc.passes.vectorize.values import (
    Size,
    Spread,
    element_of,
    index,
    make_mask,
    onto,
    splat,
    spread,
)

DYNAMIC = ir.ShapedType.get_dynamic_size()
_INDEX_BITS = 64  # a cast to an integer of so many and back changes no index


@dataclass(frozen=True)
class Counting:
    """An index that is `start` and the coordinate along `loop`."""

    loop: int
    start: tuple[ir.Value, ...]  # values of the body, to be added


def counting(value: ir.Value, block: ir.Block) -> Counting | None:
    """How an index of a body counts up along a loop, one after the other; None if it does not."""
    if not is_inside(value, block):
        return None
    op = value.owner.operation
    if op.name == "linalg.index":
        return Counting(ir.IntegerAttr(op.attributes["dim"]).value, ())
    if op.name == "arith.index_cast" and all(map(_is_wide, (value, op.operands[0]))):
        return counting(op.operands[0], block)
    if op.name == "arith.addi":
        for one, other in (list(op.operands), list(op.operands)[::-1]):
            if (found := counting(one, block)) is not None:
                return Counting(found.loop, (*found.start, other))
    return None


def _is_wide(value: ir.Value) -> bool:
    type_ = value.type
    return isinstance(type_, ir.IndexType) or ir.IntegerType(type_).width >= _INDEX_BITS


@dataclass(frozen=True)
class Tables:
    """Where tensors are whose elements bodies read, and how that was done: as `claw.gathers`."""

    memory: Callable[[ir.Value], ir.Value]
    ways: dict[str, None] = field(default_factory=dict)

    def note(self, way: str) -> None:
        self.ways[way] = None


@dataclass(frozen=True)
class Gather:
    """The elements at `indices` of a memref; `tile[i]` and `bounds[i]` are of loop i."""

    table: ir.Value
    indices: tuple[Spread, ...]
    tile: Sequence[int]
    bounds: Sequence[Size | None]

    @property
    def axes(self) -> tuple[int, ...]:
        return tuple(sorted({axis for value in self.indices for axis in value.axes}))

    def read(self) -> Spread:
        """Anywhere: a load for each element, or for all."""
        if self.axes:
            return self._gather(self._place(self.indices))
        return Spread(memref.load(self.table, [value.value for value in self.indices]))

    def runs_along(self, loop: int, start: Spread | None) -> bool:
        """Whether elements lie in rows along the last axis, if the last index is `start` (None: 0)
        and the coordinate along `loop`."""
        *row, _ = self.indices
        rest = row if start is None else [*row, start]
        return self.axes[-1:] == (loop,) and all(loop not in value.axes for value in rest)

    def read_rows(self, start: Spread | None, coordinates: Spread) -> Spread:
        """Where `runs_along` holds."""
        *row, _ = self.indices
        if len(self.axes) == 1:
            return self._part_of_row(row, index(0) if start is None else start.value)
        return self._gather(self._sum(self._place((*row, start)), coordinates), rows=True)

    def _part_of_row(self, row: Sequence[Spread], start: ir.Value) -> Spread:
        along, rank = self.axes[-1], len(self.indices)
        held = ir.VectorType.get([self.tile[along]], self._element)
        read = vector.TransferReadOp(
            held,
            self.table,
            [*(value.value for value in row), start],
            onto(rank, [rank - 1]),
            splat([], self._element, 0),
            [True],
            mask=make_mask(held.shape, [self.bounds[along]]),
        )
        return Spread(read.result, (along,), zero_outside=True)

    def _gather(self, places: Spread, rows: bool = False) -> Spread:
        axes, element = self.axes, self._element
        shape = [self.tile[axis] for axis in axes]
        ends = [self.bounds[axis] for axis in axes]
        ends = [index(n if end is None else end) for n, end in zip(shape, ends, strict=True)]
        bits = ir.VectorType.get(shape, ir.IntegerType.get_signless(1))
        mask = vector.CreateMaskOp(bits, ends).result
        kind = ir.VectorType.get(shape, element)
        at, zeros = spread(places, axes, self.tile), splat(shape, element, 0)
        gather = vector.GatherOp(kind, self._line(), [index(0)], at, mask, zeros)
        if rows:
            set_rows(gather)
        return Spread(gather.result, axes, zero_outside=True)

    def _place(self, indices: Sequence[Spread | None]) -> Spread:
        """Of an element in the line; an index that is None is 0."""
        total: Spread | None = None
        for dim, value in enumerate(indices):
            if total is not None:
                total = self._combined(arith.muli, total, Spread(self._size(dim)))
            total = self.total([v for v in (total, value) if v is not None])
        assert total is not None, "a tensor without dimensions has one element"
        return total

    def total(self, values: Sequence[Spread]) -> Spread | None:
        """The sum, as an index; None of none."""
        return reduce(self._sum, map(_as_index, values)) if values else None

    def _sum(self, a: Spread, b: Spread) -> Spread:
        return self._combined(arith.addi, a, b)

    def _combined(self, operation, a: Spread, b: Spread) -> Spread:
        axes = tuple(sorted({*a.axes, *b.axes}))
        return Spread(operation(*(spread(v, axes, self.tile) for v in (a, b))), axes)

    def _size(self, dim: int) -> ir.Value:
        size = ir.MemRefType(self.table.type).shape[dim]
        return memref.dim(self.table, index(dim)) if size == DYNAMIC else index(size)

    def _line(self) -> ir.Value:
        """The table as one row."""
        type_ = ir.MemRefType(self.table.type)
        if type_.rank == 1:
            return self.table
        total = DYNAMIC if DYNAMIC in type_.shape else prod(type_.shape)
        line = ir.MemRefType.get([total], type_.element_type)
        i64 = ir.IntegerType.get_signless(64)
        every = ir.ArrayAttr.get([ir.IntegerAttr.get(i64, dim) for dim in range(type_.rank)])
        return memref.CollapseShapeOp(line, self.table, ir.ArrayAttr.get([every])).result

    @property
    def _element(self) -> ir.Type:
        return ir.MemRefType(self.table.type).element_type


def _as_index(value: Spread) -> Spread:
    type_, index_ = value.value.type, ir.IndexType.get()
    if element_of(type_) == index_:
        return value
    shaped = isinstance(type_, ir.VectorType)
    kind = ir.VectorType.get(ir.VectorType(type_).shape, index_) if shaped else index_
    return replace(value, value=arith.index_cast(kind, value.value))
