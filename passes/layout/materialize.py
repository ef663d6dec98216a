"""Write the layouts of a kernel into its IR: each tile has one, changes are operations.

Where a tile is wanted in a layout that it does not have, it is made there again if it is free, or
is a read of memory that the kernel does not write, which takes neighbours together there as well;
else it is converted.  What is made of a tile stands where the tile is made, so that it serves every
use, and a loop does it once."""

from __future__ import annotations

from mlir import ir

from clawc.dialects.claw import ConvertLayoutOp
from clawc.passes.layout.buffers import BufferUse, root
from clawc.passes.layout.contract import turning
from clawc.passes.layout.contraction import FMA, chosen_row, contraction_layouts
from clawc.passes.layout.encoding import (
    set_instruction,
    set_layout,
    set_layouts,
    tile_results,
)
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.operands import operand_layouts
from clawc.passes.layout.ops import (
    ContractOp,
    Transfer,
    defining,
    is_tile,
    shape_of,
    terminator,
)
from clawc.passes.layout.propagation import Propagation

READ = "vector.transfer_read"


class Materializer:
    """Rewrites one kernel function by what is known of its tiles."""

    def __init__(self, decided: Propagation, func: ir.Operation) -> None:
        self.decided, self.known = decided, decided.known
        self.coalesced = decided.coalesced
        self.written = BufferUse.of(func).written
        self.made: dict[tuple[ir.Value, LinearLayout], ir.Value] = {}
        # What is made on demand, and its operands.  (The hash of an operation changes with it.)
        self.sources: dict[ir.Value, list[ir.Value]] = {}
        self.adopted: set[ir.Value] = set()
        self.used_once = {value for value in self.known if len(list(value.uses)) == 1}
        self.block(func.regions[0].blocks[0])
        for value in reversed(list(self.sources)):
            if value not in self.adopted:
                value.owner.erase()

    # Operations, in order
    def block(self, block: ir.Block) -> None:
        for view in list(block.operations):
            self.operation(view.operation)

    def operation(self, op: ir.Operation) -> None:
        if op.name == "scf.for":
            self.loop(op)
            return
        for region in op.regions:
            for block in region.blocks:
                self.block(block)
        results = tile_results(op)
        if results and self.is_made_on_demand(op):
            self.sources[results[0]] = list(op.operands)
            return
        if op.name == ConvertLayoutOp.OPERATION_NAME and self.changes_nothing(op):
            return
        if op.name == "vector.contract":
            self.contraction(op)
        for i, layout in self.wanted(op).items():
            op.operands[i] = self.get(op.operands[i], layout)
        for value in results:
            layout = self.known[value]
            assert layout is not None
            self.made[value, layout] = value
            set_layout(op, layout)

    def loop(self, op: ir.Operation) -> None:
        block, first = op.regions[0].blocks[0], 3
        carried = list(block.arguments)[1:]
        layouts = [self.known[v] if is_tile(v) else None for v in carried]
        if not any(layouts):
            self.block(block)
            return
        set_layouts(op, layouts)
        for i, layout in enumerate(layouts):
            if layout is not None:
                op.operands[first + i] = self.get(op.operands[first + i], layout)
                self.made[carried[i], layout] = carried[i]
                self.made[op.results[i], layout] = op.results[i]
        self.block(block)
        end = terminator(block)
        for i, layout in enumerate(layouts):
            if layout is not None:
                end.operands[i] = self.get(end.operands[i], layout)

    def changes_nothing(self, op: ir.Operation) -> bool:
        """Whether a change of layout that is written is none; its source then stands for it."""
        source, result = op.operands[0], op.results[0]
        held = self.decided.meeting(source)
        if held != self.known[result]:
            return False
        self.made[result, held] = self.get(source, held)
        self.sources[result] = [source]  # erased, as what nobody has asked for is
        return True

    def is_made_on_demand(self, op: ir.Operation) -> bool:
        if op.name == READ:
            return root(Transfer.of(op).memory) not in self.written
        return self.known[op.results[0]] is None

    # What an operation wants
    def wanted(self, op: ir.Operation) -> dict[int, LinearLayout]:
        """The layout of each operand that is a tile."""
        if op.name == "vector.transfer_write":
            layout = self.known[op.operands[0]]
            if layout is None or not self.coalesced.is_near(layout):
                layout = self.coalesced.of(shape_of(op.operands[0]))
            return {i: layout for i, value in enumerate(op.operands) if is_tile(value)}
        layout = self.known[op.results[0]] if tile_results(op) else None
        wanted = {} if layout is None else operand_layouts(op, layout)
        if op.name in ("vector.multi_reduction", ConvertLayoutOp.OPERATION_NAME):
            wanted[0] = self.decided.meeting(op.operands[0])
        return wanted

    def contraction(self, op: ir.Operation) -> None:
        """Names what multiplies; factors lie as they go to shared memory, or as a lone thread
        multiplies them."""
        what = ContractOp.of(op)
        row, result = chosen_row(op, self.decided.chip, what), self.known[op.results[0]]
        set_instruction(op, FMA if row is None else row.name)
        assert result is not None
        layouts = contraction_layouts(op, self.decided.chip, result)
        for number, names, value, dims, step in (
            (what.swapped, "mk", what.a, what.a_dims, layouts.a),
            (not what.swapped, "kn", what.b, what.b_dims, layouts.b),
        ):
            if self.coalesced.threads == 1:
                whole = step.fill((what.sizes[names[0]], what.sizes[names[1]]))
                layout = whole.project(what.as_operand(value, dims, names), shape_of(value))
                op.operands[int(number)] = self.get(value, layout)
            else:
                along = dims.get("k") if row and not row.has_matrix_loads else None
                op.operands[int(number)] = self.staged(value, along)

    def staged(self, value: ir.Value, along: int | None) -> ir.Value:
        """A tile that is to lie in shared memory contiguous `along` a dimension (None: any)."""
        shape, decided = shape_of(value), self.decided
        layout = self.known[value] or self.coalesced.of(shape)
        if along in (None, len(shape) - 1):
            return self.get(value, layout)
        if self.is_read_again(value) and value in self.used_once:
            run = layout.contiguity(layout.rank - 1)
            layout = turning(shape, along, run, decided.chip.lanes, decided.warps)
        order = tuple(sorted(layout.register, key=lambda basis: not basis[along]))  # `along` first
        turned = LinearLayout(shape, order, layout.lane, layout.warp)
        return self.convert(self.get(value, layout), layout, turned)

    # Tiles in a layout
    def get(self, value: ir.Value, layout: LinearLayout) -> ir.Value:
        """`value` in `layout`."""
        if (value, layout) not in self.made:
            if value in self.sources and self.can_be_made(value, layout):
                self.made[value, layout] = self.make(value, layout)
            else:
                held = self.known[value]
                assert held is not None
                self.made[value, layout] = self.convert(self.get(value, held), held, layout)
        return self.made[value, layout]

    def is_read_again(self, value: ir.Value) -> bool:
        return value in self.sources and value.owner.operation.name == READ

    def can_be_made(self, value: ir.Value, layout: LinearLayout) -> bool:
        """A read takes neighbours together, as its own layout does."""
        near = layout.rank < 2 or self.coalesced.is_near(layout)
        return near or layout == self.known[value] or not self.is_read_again(value)

    def make(self, value: ir.Value, layout: LinearLayout) -> ir.Value:
        """The tile in `layout`, by its operation; that itself is the first."""
        op = value.owner.operation
        new = op.clone(ir.InsertionPoint(op)).operation if value in self.adopted else op
        self.adopted.add(value)
        wanted = operand_layouts(op, layout)
        for i, operand in enumerate(self.sources[value]):
            new.operands[i] = self.get(operand, wanted[i]) if i in wanted else operand
        set_layout(new, layout)
        return new.results[0]

    def convert(self, value: ir.Value, held: LinearLayout, layout: LinearLayout) -> ir.Value:
        """A change of layout, where the tile is made."""
        if held == layout:
            return value
        op = defining(value)
        if op is None:
            where = ir.InsertionPoint.at_block_begin(ir.BlockArgument(value).owner)
            location = ir.BlockArgument(value).owner.owner.location
        else:
            where, location = ir.InsertionPoint.after(op), op.location
        with where, location:
            new = ConvertLayoutOp.build(value, results=[value.type])
        set_layout(new.operation, layout)
        return new.out
