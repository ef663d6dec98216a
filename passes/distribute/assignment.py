"""Layout assignment: which layout each tile of an L3 kernel has.  Reads the IR, changes nothing.

A tile is *anchored* (a read is coalesced, a contraction has its fragments), *derived* (a reduction
slices its source, an elementwise op follows an operand), or *free* (a constant, a mask, a broadcast
of something): a free tile is built in whatever layout its user wants, so it never moves.
"""

from __future__ import annotations

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.distribute.chunks import element_bytes
from clawc.passes.framework.base import PassFailure
from clawc.passes.layout.contract import Contraction, ContractLayouts, contract_layouts
from clawc.passes.layout.linear import Coord, LinearLayout, blocked
from clawc.passes.layout.ops import (
    ContractOp,
    defining,
    is_tile,
    kept_dims,
    numbers,
    shape_of,
    terminator,
)

NEIGHBOURS = 8  # elements in a row that make an access worth while
FREE = (
    "arith.constant",
    "vector.broadcast",
    "vector.create_mask",
    "vector.constant_mask",
    "vector.step",
)


class LayoutAssignment:
    """The layouts of one kernel under its schedule."""

    def __init__(self, chip: Chip, warps: int, thread: tuple[int, int] | None, func: ir.Operation):
        self.chip, self.warps, self.thread = chip, warps, thread
        self.threads = warps * chip.lanes
        self._known: dict[ir.Value, LinearLayout | None] = {}
        self._contracts: dict[ir.Value, ContractLayouts] = {}
        self._coalesced: dict[Coord, LinearLayout] = {}
        self._smallest = _smallest_elements(func)

    def of(self, value: ir.Value) -> LinearLayout | None:
        """The layout of `value`, or None if it is free.

        A loop that is reached again while it is being decided counts as free."""
        if value not in self._known:
            self._known[value] = None
            self._known[value] = self._decide(value)
        return self._known[value]

    def coalesced(self, shape: Coord) -> LinearLayout:
        """The layout of a shape in memory: as wide as the smallest elements there allow, so that
        tiles of different types meet in one layout."""
        if shape not in self._coalesced:
            total = 1
            for n in shape:
                total *= n
            widest = self.chip.access_bytes // self._smallest.get(shape, 4)
            run = min(widest, self.chip.vector_width, max(1, total // self.threads))
            run = min(shape[-1], run) if shape else 1
            rows_in_warp = self.chip.lanes > 1
            layout = blocked(shape, run, self.chip.lanes, self.warps, rows_in_warp)
            self._coalesced[shape] = layout
        return self._coalesced[shape]

    def contract(self, op: ir.Operation) -> ContractLayouts:
        result = op.results[0]
        if result not in self._contracts:
            what = ContractOp.of(op)
            element = ir.VectorType(what.c.type).element_type
            m, n, k = (what.sizes[role] for role in "mnk")
            facts = Contraction(
                m,
                n,
                k,
                str(ir.VectorType(what.a.type).element_type),
                str(element),
                element_bytes(element),
                what.a_dims.get("m", 0) > what.a_dims.get("k", 0),
                self.thread,
            )
            self._contracts[result] = contract_layouts(self.chip, self.warps, facts)
        return self._contracts[result]

    def accumulator(self, op: ir.Operation) -> LinearLayout:
        what, layouts = ContractOp.of(op), self.contract(op)
        return layouts.c.project(what.as_operand(what.c, what.c_dims, "mn"), shape_of(what.c))

    def _decide(self, value: ir.Value) -> LinearLayout | None:
        op = defining(value)
        if op is None:
            argument = ir.BlockArgument(value)
            return self._carried(argument.owner.owner.operation, argument.arg_number - 1)
        if op.name in FREE:
            return None
        if op.name == "vector.transfer_read":
            return self.coalesced(shape_of(value))
        if op.name == "vector.contract":
            return self.accumulator(op)
        if op.name == "vector.multi_reduction":
            source = self.meeting(op.operands[0])
            return source.slice(numbers(op, "reduction_dims"))
        if op.name == "vector.transpose":
            source = self.of(op.operands[0])
            return source and source.project(numbers(op, "permutation"), shape_of(value))
        if op.name == "vector.shape_cast":
            source, shapes = self.of(op.operands[0]), (shape_of(op.operands[0]), shape_of(value))
            return source and source.project(kept_dims(*shapes), shapes[1])
        if op.name == "scf.for":
            return self._carried(op, ir.OpResult(value).result_number)
        if op.name.split(".")[0] in ("arith", "math"):
            anchored = any(self.of(v) for v in op.operands if is_tile(v))
            return self.meeting(*op.operands) if anchored else None
        raise PassFailure(op, "has no rule that distributes it over threads")

    def meeting(self, *values: ir.Value) -> LinearLayout:
        """The layout in which tiles meet: a contraction's before the coalesced one (it is dearer to
        change), that before one in which neighbours are far apart in memory."""
        tiles = [v for v in values if is_tile(v)]
        coalesced = self.coalesced(shape_of(tiles[0]))
        layouts = [layout for layout in map(self.of, tiles) if layout]
        near = (x for x in layouts if x != coalesced and self.is_near(x))
        return next(near, coalesced if coalesced in layouts or not layouts else layouts[0])

    def is_near(self, layout: LinearLayout) -> bool:
        """Whether neighbouring threads hold neighbours along the last dimension."""
        if self.threads == 1 or not layout.rank:
            return True
        return layout.run(layout.rank - 1) >= min(NEIGHBOURS, layout.shape[-1])

    def _carried(self, loop: ir.Operation, position: int) -> LinearLayout:
        """A loop-carried tile has the layout of what is yielded, else of what enters."""
        yielded = terminator(loop.regions[0].blocks[0]).operands[position]
        return self.of(yielded) or self.meeting(loop.operands[3 + position])


def _smallest_elements(func: ir.Operation) -> dict[Coord, int]:
    """For each shape that is read or written, the bytes of its smallest element."""
    found: dict[Coord, int] = {}

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in ("vector.transfer_read", "vector.transfer_write"):
            tile = op.results[0] if len(op.results) else op.operands[0]
            size = element_bytes(ir.VectorType(tile.type).element_type)
            found[shape_of(tile)] = min(size, found.setdefault(shape_of(tile), size))
        return ir.WalkResult.ADVANCE

    func.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found
