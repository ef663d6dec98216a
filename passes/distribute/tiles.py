"""The tiles of one kernel: what has been made of each, in which layouts, and what can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith

from clawc.passes.distribute.chunks import Chunks
from clawc.passes.distribute.exchange import Exchange
from clawc.passes.layout.linear import LinearLayout

Build = Callable[[LinearLayout], Chunks]


@dataclass
class Tile:
    """A tile and the place where it was defined: what is made of it later is put there."""

    place: ir.Operation
    build: Build


class Tiles:
    """A tile is converted where it was defined, so that the result serves every use."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._tiles: dict[ir.Value, Tile] = {}
        self._made: dict[tuple[ir.Value, LinearLayout], Chunks] = {}

    def hold(self, value: ir.Value, chunks: Chunks, layout: LinearLayout) -> None:
        """The registers of `value`; another layout is a conversion."""
        self.offer(value, lambda wanted: self.exchange.convert(chunks, layout, wanted))
        self._made[value, layout] = chunks

    def offer(self, value: ir.Value, build: Build) -> None:
        """`value` can be built in any layout."""
        mark = arith.constant(ir.IndexType.get(), 0).owner.operation
        self._tiles[value] = Tile(mark, build)

    def get(self, value: ir.Value, layout: LinearLayout) -> Chunks:
        """The registers of `value` in `layout`."""
        if (value, layout) not in self._made:
            tile = self._tiles[value]
            with ir.InsertionPoint(tile.place), tile.place.location:
                self._made[value, layout] = tile.build(layout)
        return self._made[value, layout]

    def finish(self) -> None:
        """The places are no part of the finished kernel."""
        for tile in self._tiles.values():
            tile.place.erase()
