"""claw-to-linalg: scatter, turned round: each place looks for the updates that name it.

No two threads write one place, so no atomics are needed and the order of the updates holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.dialects.scatter_op import ScatterOp
from clawc.dialects.shapes import Label, Labelled, rank, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Sizes,
    as_index,
    constant,
    convert,
    empty,
    filled,
    wide_type,
)
from clawc.passes.claw_to_linalg.positions import branch, linear
from clawc.passes.claw_to_linalg.reductions import neutral_of, scalar_reduction
from clawc.passes.claw_to_linalg.reshape import drop_units, product

_P = arith.CmpIPredicate
_I32_COUNT = 2**31


@dataclass(frozen=True)
class Places:
    """Where the updates go.  An *entry* is an update, or a part of it along the window's indexed
    axes; `keys` holds the number of the place, along the indexed axes, that each entry names, and
    -1 for none."""

    source: ir.Value
    updates: Labelled
    indexed: Sequence[int]
    keys: Labelled
    sizes: Sizes

    @property
    def axes(self) -> list[Label]:
        return list(range(rank(self.source)))

    @property
    def key_type(self) -> ir.Type:
        return tensor_type(self.keys[0]).element_type

    def here(self, loops: Sequence[Label]) -> ir.Value:
        """The number of the place at which a body with `loops` is."""
        return self._number(self.indexed, loops)

    def entry(self, loops: Sequence[Label]) -> ir.Value:
        """The number of the entry at which a body with `loops` is."""
        return self._number(self.keys[1], loops)

    def _number(self, labels: Sequence[Label], loops: Sequence[Label]) -> ir.Value:
        at = [linalg.IndexOp(list(loops).index(label)).result for label in labels]
        return linear([arith.index_cast(self.key_type, i) for i in at], labels, self.sizes)


def lower_scatter(op: ScatterOp, build: Builder) -> ir.Value:
    places = find_places(op, build)
    if op.kind == "assign":
        return _assigned(places, build)
    element = tensor_type(op.out).element_type
    return _combined(places, build, op.kind, wide_type(element))


def find_places(op: ScatterOp, build: Builder) -> Places:
    """The place of each entry, computed once."""
    sizes = build.agree(op)
    names = list(op.labels()["updates"])
    units = [i for i, label in enumerate(names) if isinstance(label, tuple) and sizes[label] == 1]
    updates = drop_units(build, op.updates, units)
    names = [label for i, label in enumerate(names) if i not in units]
    entries = ["n", *(label for label in names if isinstance(label, tuple))]
    keys = _keys(op, build, entries, sizes)
    return Places(op.input, (updates, names), op.indexed, (keys, entries), sizes)


def _keys(op: ScatterOp, build: Builder, entries: list[Label], sizes: Sizes) -> ir.Value:
    count = product([sizes[axis] for axis in op.indexed])
    i32, i64 = (ir.IntegerType.get_signless(width) for width in (32, 64))
    key = i32 if isinstance(count, int) and count < _I32_COUNT else i64
    wide = i64 if i64 in (key, tensor_type(op.indices).element_type) else i32
    maps = [
        ir.AffineMap.get(
            len(entries), 0, [ir.AffineExpr.get_dim(0), ir.AffineExpr.get_constant(column)]
        )
        for column in range(len(op.indexed))
    ]

    def body(*scalars: ir.Value) -> ir.Value:
        inside: ir.Value = constant(ir.IntegerType.get_signless(1), 1)
        at: list[ir.Value] = []
        for axis, column in zip(op.indexed, scalars[:-1], strict=True):
            index = convert(column, wide)
            if ("w", axis) in entries:
                offset = linalg.IndexOp(entries.index(("w", axis))).result
                index = arith.addi(index, arith.index_cast(wide, offset))
            size = arith.index_cast(wide, as_index(sizes[axis]))
            inside = arith.andi(inside, arith.cmpi(_P.ult, index, size))
            at.append(convert(index, key))
        return arith.select(inside, linear(at, op.indexed, sizes), constant(key, -1))

    extents = [sizes[label] for label in entries]
    columns = [op.indices] * len(op.indexed)
    return build.gather(columns, maps, empty(extents, key), extents, body)


def _combined(places: Places, build: Builder, kind: str, element: ir.Type) -> ir.Value:
    """All updates of a place combined, then what was there before and they."""
    axes, sizes = places.axes, places.sizes
    neutral = neutral_of(kind, element)
    if kind == "sum" and not isinstance(element, ir.IntegerType):
        neutral = -0.0  # 0.0 would make -0.0 of what nothing is added to 0.0
    combine = scalar_reduction(kind, element)
    loops = [*axes, *places.keys[1]]

    def body(key: ir.Value, update: ir.Value, sofar: ir.Value) -> ir.Value:
        hit = arith.cmpi(_P.eq, key, places.here(loops))
        return combine(
            sofar, arith.select(hit, convert(update, element), constant(element, neutral))
        )

    start = filled([sizes[axis] for axis in axes], element, neutral)
    total = build.fold([places.keys, places.updates], (start, axes), loops, sizes, body)
    inputs = [(places.source, axes), (total, axes)]
    original = tensor_type(places.source).element_type
    return build.compute(inputs, axes, sizes, original, combine, element)


def _assigned(places: Places, build: Builder) -> ir.Value:
    """The last update of a place, or what was there before."""
    axes, sizes, key = places.axes, places.sizes, places.key_type
    indexed = list(places.indexed)
    loops = [*indexed, *places.keys[1]]

    def later(name: ir.Value, sofar: ir.Value) -> ir.Value:
        hit = arith.cmpi(_P.eq, name, places.here(loops))
        return arith.maxsi(sofar, arith.select(hit, places.entry(loops), constant(key, -1)))

    start = filled([sizes[axis] for axis in indexed], key, -1)
    last = build.fold([places.keys], (start, indexed), loops, sizes, later)

    def chosen(old: ir.Value, entry: ir.Value) -> ir.Value:
        found = arith.cmpi(_P.sge, entry, constant(key, 0))
        here = [linalg.IndexOp(axis).result for axis in axes]
        return branch(found, old.type, lambda: _update(places, entry, here), lambda: old)

    element = tensor_type(places.source).element_type
    return build.compute([(places.source, axes), (last, indexed)], axes, sizes, element, chosen)


def _update(places: Places, entry: ir.Value, here: Sequence[ir.Value]) -> ir.Value:
    """The update of the number `entry` at the element `here`."""
    value, labels = places.updates
    entries = list(places.keys[1])
    number = arith.index_cast(ir.IndexType.get(), entry)
    at: dict[Label, ir.Value] = dict(zip(places.axes, here, strict=True))
    for label in reversed(entries[1:]):
        size = as_index(places.sizes[label])
        at[label], number = arith.remui(number, size), arith.divui(number, size)
    at["n"] = number
    return tensor.ExtractOp(value, [at[label] for label in labels]).result


def fold_updates(
    places: Places, build: Builder, body: Callable[[ir.Value, ir.Value], ir.Value]
) -> ir.Value:
    """Any `body` of an update and what is there, one update after the other."""
    axes = places.axes
    loops = [*axes, *places.keys[1]]

    def step(key: ir.Value, update: ir.Value, sofar: ir.Value) -> ir.Value:
        hit = arith.cmpi(_P.eq, key, places.here(loops))
        return arith.select(hit, body(update, sofar), sofar)

    start = (places.source, axes)
    return build.fold([places.keys, places.updates], start, loops, places.sizes, step)
