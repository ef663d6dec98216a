"""Reductions that select a value and its index, on tiles: lanes carry pairs, until the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, vector

from clawc.passes.ir.neutral import neutral
from clawc.passes.ir.selection import Selection
from clawc.passes.vectorize.body import Body, create
from clawc.passes.vectorize.op import TiledOp
from clawc.passes.vectorize.values import (
    Spread,
    Tile,
    element_of,
    make_mask,
    over_loops,
    splat,
    spread,
    to_tile,
)

Pair = tuple[ir.Value, ir.Value]  # values and their indices


class Selected:
    """Both results of an op: lanes begin with what both start from, and each keeps the best pair
    that it has seen; the best of the lanes is the largest value, and the first of its indices."""

    def __init__(self, op: TiledOp, how: Selection) -> None:
        self.op, self.how = op, how
        self.loops = op.maps[op.inputs]
        self.kept = tuple(sorted(a for a in self.loops if op.tile[a] > 1))
        self.reduced = tuple(a for a in op.reduced if op.tile[a] > 1)
        self.axes = tuple(sorted(self.kept + self.reduced))
        self._left: dict[Pair, Pair] = {}

    def enter(self, tile: Tile) -> ir.Value:
        """What every lane begins with, of either result."""
        return spread(over_loops(tile, self.loops), self.axes, self.op.tile)

    def add(self, carried: Pair, body: Body) -> Pair:
        found = body.evaluate(self.how.value, self.how.index)
        values, indices = (spread(v, self.axes, self.op.tile) for v in found)
        better = self._better(values, carried[0], body)
        return (
            arith.select(better, values, carried[0]),
            arith.select(better, indices, carried[1]),
        )

    def leave(self, carried: Pair) -> Pair:
        """The best pair of all lanes."""
        if not self.reduced:
            return carried
        if carried not in self._left:
            self._left[carried] = self._best(*carried)
        return self._left[carried]

    def _best(self, values: ir.Value, indices: ir.Value) -> Pair:
        best = self._reduce(self.how.kind, values)
        beside = spread(Spread(best, self.kept), self.axes, self.op.tile)
        is_best = _compared(values, beside, "oeq", "eq")
        if self.how.takes_nan:
            is_best = arith.ori(is_best, _compared(values, values, "uno"))
        kind = "minsi" if self.how.first else "maxsi"
        element = element_of(indices.type)
        others = splat(self._shape(), element, neutral(kind, element))
        return best, self._reduce(kind, arith.select(is_best, indices, others))

    def result(self, value: ir.Value, bounds: Sequence) -> Tile:
        return to_tile(Spread(value, self.kept), self.loops, self.op.tile, bounds)

    def _better(self, values: ir.Value, sofar: ir.Value, body: Body) -> ir.Value:
        """Where a new pair is taken: nowhere outside of the bounds."""
        how = self.how
        straight = how.compare.operands[0] == how.value
        pair = [values, sofar] if straight else [sofar, values]
        better = create(how.compare, pair, self._shape())[0]
        if how.takes_nan:
            fresh = arith.andi(_compared(values, values, "uno"), _compared(sofar, sofar, "ord"))
            better = arith.ori(better, fresh)
        bounds = [body.bounds[a] if a in self.reduced else None for a in self.axes]
        mask = make_mask(self._shape(), bounds)
        return better if mask is None else arith.andi(better, mask)

    def _reduce(self, kind: str, values: ir.Value) -> ir.Value:
        element = element_of(values.type)
        shape = [self.op.tile[a] for a in self.kept]
        start = splat(shape, element, neutral(kind, element))
        dims = [self.axes.index(a) for a in self.reduced]
        attribute = ir.Attribute.parse(f"#vector.kind<{kind}>")
        return vector.MultiDimReductionOp(attribute, values, start, dims).result

    def _shape(self) -> list[int]:
        return [self.op.tile[a] for a in self.axes]


@dataclass(frozen=True)
class Half:
    """The value or the index of what is selected."""

    whole: Selected
    is_value: bool

    def enter(self, tile: Tile) -> ir.Value:
        return self.whole.enter(tile)


def _compared(left: ir.Value, right: ir.Value, floats: str, integers: str = "") -> ir.Value:
    """By a predicate for floats, or one for integers."""
    if isinstance(element_of(left.type), ir.FloatType):
        return arith.cmpf(getattr(arith.CmpFPredicate, floats.upper()), left, right)
    return arith.cmpi(getattr(arith.CmpIPredicate, integers), left, right)
