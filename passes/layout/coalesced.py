"""How tiles lie in memory: the layout in which neighbouring threads take neighbours together."""

from __future__ import annotations

from math import prod

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.layout.linear import Coord, LinearLayout, blocked
from clawc.passes.layout.ops import element_bytes, inside, shape_of

NEIGHBOURS = 8  # elements in a row that make an access worth while


class Coalesced:
    """The layouts of one kernel's reads and writes."""

    def __init__(self, chip: Chip, warps: int, func: ir.Operation) -> None:
        self.chip, self.warps = chip, warps
        self.threads = warps * chip.lanes
        self._smallest = smallest_elements(func)
        self._made: dict[Coord, LinearLayout] = {}

    def of(self, shape: Coord) -> LinearLayout:
        """The layout of a shape: as wide as the smallest elements there allow, so that tiles of
        different types meet in one layout."""
        if shape not in self._made:
            widest = self.chip.access_bytes // self._smallest.get(shape, 4)
            run = min(widest, self.chip.vector_width, max(1, prod(shape) // self.threads))
            run = min(shape[-1], run) if shape else 1
            rows_in_warp = self.chip.lanes > 1
            layout = blocked(shape, run, self.chip.lanes, self.warps, rows_in_warp)
            self._made[shape] = layout
        return self._made[shape]

    def is_near(self, layout: LinearLayout) -> bool:
        """Whether neighbouring threads hold neighbours along the last dimension."""
        if self.threads == 1 or not layout.rank:
            return True
        return layout.run(layout.rank - 1) >= min(NEIGHBOURS, layout.shape[-1])


def smallest_elements(func: ir.Operation) -> dict[Coord, int]:
    """For each shape that is read or written, the bytes of its smallest element."""
    found: dict[Coord, int] = {}
    for op in inside(func):
        if op.name in ("vector.transfer_read", "vector.transfer_write", "vector.gather"):
            tile = op.results[0] if len(op.results) else op.operands[0]
            size = element_bytes(ir.VectorType(tile.type).element_type)
            found[shape_of(tile)] = min(size, found.setdefault(shape_of(tile), size))
    return found
