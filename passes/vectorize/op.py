"""A linalg op of L2 as vectorize reads it."""

from __future__ import annotations

from mlir import ir

from clawc.passes.ir.selection import selection
from clawc.passes.kernel.kernel import tile_of
from clawc.passes.tile.indexing import indexings, iterator_types


class TiledOp:
    """`tile[i]` is the vector size along loop i, `maps[j]` the loops that index operand j."""

    def __init__(self, op: ir.Operation) -> None:
        self.op = op
        self.tile = tile_of(op)
        self.maps = [indexing.loops for indexing in indexings(op)]
        self.inputs = len(op.operands) - len(op.results)
        kinds = iterator_types(op)
        self.reduced = {i for i, kind in enumerate(kinds) if kind == "reduction"}
        self.selection = selection(op) if self.reduced else None

    def shape(self, operand: int) -> tuple[int, ...]:
        return tuple(self.tile[loop] for loop in self.maps[operand])
