"""Reductions under way: what loops carry of them, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlir import ir

from clawc.passes.ir.body import body_of, terminator
from clawc.passes.vectorize.body import Body
from clawc.passes.vectorize.op import TiledOp
from clawc.passes.vectorize.selected import Half, Selected
from clawc.passes.vectorize.sums import MatrixSum, Reduction
from clawc.passes.vectorize.values import Size, Tile


@dataclass(frozen=True)
class Carried:
    """A result that is under way: of a sum, or half of what is selected."""

    total: Reduction | MatrixSum | Half
    value: ir.Value
    bounds: tuple[Size | None, ...]

    def with_value(self, value: ir.Value) -> Carried:
        return replace(self, value=value)

    def left(self, ended: Sequence[Carried]) -> Tile:
        """The result, now that all of `ended` have their last values."""
        if not isinstance(self.total, Half):
            return self.total.leave(self.value, self.bounds)
        whole = self.total.whole
        halves = ((c.total, c.value) for c in ended if isinstance(c.total, Half))
        pair = {half: value for half, value in halves if half.whole is whole}
        values, indices = whole.leave((pair[Half(whole, True)], pair[Half(whole, False)]))
        return whole.result(values if self.total.is_value else indices, self.bounds)


def select(op: TiledOp, inits: Sequence[object], body: Body) -> list[Carried | Tile]:
    """The results of an op that selects: under way as its inits are, else at once."""
    how = op.selection
    assert how is not None
    places = (how.of_value, how.of_index)
    first, second = (inits[i] for i in places)
    if isinstance(first, Carried) and isinstance(second, Carried):
        assert isinstance(first.total, Half)
        pair = first.total.whole.add((first.value, second.value), body)
        results = [first.with_value(pair[0]), second.with_value(pair[1])]
    else:
        assert isinstance(first, Tile) and isinstance(second, Tile), "both begin in one place"
        whole = Selected(op, how)
        pair = whole.leave(whole.add((whole.enter(first), whole.enter(second)), body))
        results = [whole.result(v, t.bounds) for v, t in zip(pair, (first, second), strict=True)]
    return [results[places.index(i)] for i in range(2)]


def updating(body: ir.Block, number: int) -> tuple[ir.Operation, int]:
    """The op on tiles, in inner loops perhaps, that updates value `number` that a loop carries."""
    value = terminator(body).operands[number]
    owner, result = value.owner.operation, ir.OpResult(value).result_number
    if owner.name == "scf.for":
        return updating(body_of(owner), result)
    return owner, result
