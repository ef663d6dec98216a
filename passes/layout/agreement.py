"""Whether the layouts of a kernel agree: each tile has one, and meets its operation's others."""

from __future__ import annotations

from collections.abc import Iterator

from mlir import ir

from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.attributes import LAYOUT
from clawc.passes.layout.encoding import Layouts, tile_results, to_attribute
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.operands import operand_layouts
from clawc.passes.layout.ops import inside, is_tile, numbers, terminator

Tile = tuple[ir.Value, LinearLayout]


def check_layouts(func: ir.Operation, layouts: Layouts) -> None:
    """Raises PassFailure at the first tile that has no layout, or not the one its user needs."""

    for op in inside(func):
        for value in tile_results(op):
            layouts.of(value)
        for value, needed in needs(op, layouts):
            if layouts.of(value) != needed:
                with func.context:
                    wanted = to_attribute(needed)
                raise PassFailure(
                    op,
                    f"needs {value.get_name()} in {LAYOUT.name} = {wanted}; "
                    "claw.convert_layout changes one",
                )


def needs(op: ir.Operation, layouts: Layouts) -> Iterator[Tile]:
    """The operands of an operation that must lie in a certain way."""
    if op.name == "scf.for":
        yield from _carried(op, layouts)
    elif op.name == "vector.transfer_write":
        layout = layouts.of(op.operands[0])
        yield from ((value, layout) for value in list(op.operands)[1:] if is_tile(value))
    elif op.name == "vector.multi_reduction" and is_tile(op.results[0]):
        rest = layouts.of(op.operands[0]).slice(numbers(op, "reduction_dims"))
        yield op.results[0], rest
        yield op.operands[1], rest
    elif tile_results(op):
        wanted = operand_layouts(op, layouts.of(op.results[0]))
        yield from ((op.operands[i], layout) for i, layout in wanted.items())


def _carried(loop: ir.Operation, layouts: Layouts) -> Iterator[Tile]:
    end = terminator(loop.regions[0].blocks[0])
    for i, value in enumerate(loop.results):
        if is_tile(value):
            layout = layouts.of(value)
            yield loop.operands[3 + i], layout
            yield end.operands[i], layout
