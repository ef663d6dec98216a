"""The tiles of one kernel: what has been made of each, and what can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith

from clawc.passes.distribute.chunks import Chunks
from clawc.passes.layout.encoding import Layouts
from clawc.passes.layout.linear import LinearLayout


@dataclass
class Tile:
    """A tile and the place where it was defined: what is made of it later is put there."""

    place: ir.Operation
    build: Callable[[], Chunks]


class Tiles:
    """The registers of a tile are made when they are first asked for: of a mask nobody may ask."""

    def __init__(self, layouts: Layouts) -> None:
        self.layouts = layouts
        self._offered: dict[ir.Value, Tile] = {}
        self._made: dict[ir.Value, Chunks] = {}

    def layout(self, value: ir.Value) -> LinearLayout:
        """As the IR says it."""
        return self.layouts.of(value)

    def hold(self, value: ir.Value, chunks: Chunks) -> None:
        """The registers of `value`."""
        self._made[value] = chunks

    def offer(self, value: ir.Value, build: Callable[[], Chunks]) -> None:
        """`value` can be built, here."""
        mark = arith.constant(ir.IndexType.get(), 0).owner.operation
        self._offered[value] = Tile(mark, build)

    def get(self, value: ir.Value) -> Chunks:
        """The registers of `value`."""
        if value not in self._made:
            tile = self._offered[value]
            with ir.InsertionPoint(tile.place), tile.place.location:
                self._made[value] = tile.build()
        return self._made[value]

    def finish(self) -> None:
        """The places are no part of the finished kernel."""
        for tile in self._offered.values():
            tile.place.erase()
