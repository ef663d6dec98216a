"""Which layout each tile of a kernel has.  Reads the IR, changes nothing.

A tile is *anchored* (a read is coalesced, a contraction has its fragments, the author has written a
layout), *derived* (a reduction slices its source, an elementwise operation follows an operand), or
*free* (a constant, a mask, a broadcast of something): a free tile is built in whatever layout its
user wants, so it never moves.  Integers computed along one dimension from what can be read again,
such as the rows of a table that a gather takes, are free too: a thread reads and computes those
that it needs sooner than it gets them through shared memory.

What a loop carries has the layout of what it yields, found with all that is carried taken as free;
then the body is decided again.  So it depends on no order of visits.
"""

from __future__ import annotations

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.framework.base import PassFailure
from clawc.passes.layout.buffers import BufferUse, root
from clawc.passes.layout.coalesced import Coalesced
from clawc.passes.layout.contract import accumulator
from clawc.passes.layout.contraction import chosen_row, facts_of
from clawc.passes.layout.encoding import Layouts, tile_results
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.ops import (
    ContractOp,
    Transfer,
    defining,
    is_tile,
    kept_dims,
    numbers,
    shape_of,
    terminator,
)

FREE = (
    "arith.constant",
    "vector.broadcast",
    "vector.create_mask",
    "vector.constant_mask",
    "vector.step",
)


class Propagation:
    """The layouts of one kernel under its schedule; `known` has each tile, None if it is free."""

    def __init__(
        self, chip: Chip, warps: int, thread: tuple[int, int] | None, func: ir.Operation
    ) -> None:
        self.chip, self.warps, self.thread = chip, warps, thread
        self.coalesced = Coalesced(chip, warps, func)
        self.author = Layouts(chip.lanes, warps)
        self.written = BufferUse.of(func).written
        self.again: set[ir.Value] = set()  # integers that each thread computes for itself
        self.known: dict[ir.Value, LinearLayout | None] = {}
        self.block(func.regions[0].blocks[0])

    def block(self, block: ir.Block) -> None:
        for view in block.operations:
            self.operation(view.operation)

    def operation(self, op: ir.Operation) -> None:
        if op.name == "scf.for":
            self.loop(op)
            return
        for region in op.regions:
            for block in region.blocks:
                self.block(block)
        for value in tile_results(op):
            written = self.author.written(value)
            self.known[value] = self.result(op, value) if written is None else written

    def loop(self, op: ir.Operation) -> None:
        """Decides what is carried, then the body."""
        body, first = op.regions[0].blocks[0], 3
        carried = {i: value for i, value in enumerate(list(body.arguments)[1:]) if is_tile(value)}
        self.known |= {value: self.author.written(value) for value in carried.values()}
        self.block(body)
        yielded = list(terminator(body).operands)
        for i, value in carried.items():
            layout = self.author.written(value) or self.known[yielded[i]]
            self.known[value] = layout or self.meeting(op.operands[first + i])
            self.known[op.results[i]] = self.known[value]
        if carried:
            self.block(body)

    def result(self, op: ir.Operation, value: ir.Value) -> LinearLayout | None:
        """What an operation makes of its operands' layouts; None if all of them are free."""
        if op.name in FREE:
            return None
        if op.name in ("vector.transfer_read", "vector.gather"):
            return self.coalesced.of(shape_of(value))
        if op.name == "vector.contract":
            return self.accumulator(op)
        if op.name == "vector.multi_reduction":
            return self.meeting(op.operands[0]).slice(numbers(op, "reduction_dims"))
        if op.name == "vector.transpose":
            source = self.known[op.operands[0]]
            return source and source.project(numbers(op, "permutation"), shape_of(value))
        if op.name == "vector.shape_cast":
            source, shapes = self.known[op.operands[0]], (shape_of(op.operands[0]), shape_of(value))
            return source and source.project(kept_dims(*shapes), shapes[1])
        if op.name.split(".")[0] in ("arith", "math"):
            if self.is_made_again(op):
                self.again.add(value)
                return None
            tiles = [v for v in op.operands if is_tile(v)]
            anchored = any(self.known[v] or v in self.again for v in tiles)
            return self.meeting(*op.operands) if anchored else None
        raise PassFailure(op, "has no rule that distributes it over threads")

    def is_made_again(self, op: ir.Operation) -> bool:
        """Whether it computes integers along one dimension, from what can be read again."""
        kind = ir.VectorType(op.results[0].type)
        if kind.rank > 1 or isinstance(kind.element_type, ir.FloatType):
            return False
        tiles = [v for v in op.operands if is_tile(v)]
        reads = [v for v in tiles if self.known[v] is not None]
        return (bool(reads) or not self.again.isdisjoint(tiles)) and all(map(self.is_read, reads))

    def is_read(self, value: ir.Value) -> bool:
        op = defining(value)
        if op is None or op.name != "vector.transfer_read":
            return False
        return root(Transfer.of(op).memory) not in self.written

    def meeting(self, *values: ir.Value) -> LinearLayout:
        """The layout in which tiles meet: a contraction's before the coalesced one (it is dearer to
        change), that before one in which neighbours are far apart in memory."""
        tiles = [v for v in values if is_tile(v)]
        coalesced = self.coalesced.of(shape_of(tiles[0]))
        layouts = [layout for v in tiles if (layout := self.known[v])]
        near = (x for x in layouts if x != coalesced and self.coalesced.is_near(x))
        return next(near, coalesced if coalesced in layouts or not layouts else layouts[0])

    def accumulator(self, op: ir.Operation) -> LinearLayout:
        """The layout to choose for a contraction."""
        what = ContractOp.of(op)
        row, facts = chosen_row(op, self.chip, what), facts_of(what, self.thread)
        c = accumulator(self.chip, self.warps, facts, row)
        return c.project(what.as_operand(what.c, what.c_dims, "mn"), shape_of(what.c))
