"""claw-to-linalg: the place that each update of a scatter names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.dialects.scatter_op import ScatterOp
from clawc.dialects.shapes import Label, Labelled, rank, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    Sizes,
    as_index,
    constant,
    convert,
    empty,
)
from clawc.passes.claw_to_linalg.positions import linear
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

    def update(self, entry: ir.Value, here: Sequence[ir.Value]) -> ir.Value:
        """The update of the number `entry` at the element `here`."""
        value, labels = self.updates
        entries = list(self.keys[1])
        number = arith.index_cast(ir.IndexType.get(), entry)
        at: dict[Label, ir.Value] = dict(zip(self.axes, here, strict=True))
        for label in reversed(entries[1:]):
            size = as_index(self.sizes[label])
            at[label], number = arith.remui(number, size), arith.divui(number, size)
        at["n"] = number
        return tensor.ExtractOp(value, [at[label] for label in labels]).result

    @property
    def entry_count(self) -> Size:
        """How many entries there are."""
        return product([self.sizes[label] for label in self.keys[1]])


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
