"""A change of layout: nothing, a permutation of registers, or a trip through shared memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith

from clawc.chips.chip import Chip
from clawc.passes.distribute.chunks import (
    Chunks,
    chunk_type,
    element_of,
    regroup,
    width_of,
)
from clawc.passes.distribute.index import Index
from clawc.passes.distribute.memory import TileAccess, widest
from clawc.passes.distribute.shared import SharedMemory
from clawc.passes.kernel.abi import Size
from clawc.passes.layout.linear import Coord, LinearLayout
from clawc.passes.layout.ops import element_bytes
from clawc.passes.layout.shared import extent, pitches

# Elements that shared memory does not hold (bits none does, indices OpenCL's does not): the integer
# that stands for one there, and the casts to it and back.
_KEPT_AS = {
    "i1": (8, arith.extui, arith.trunci),
    "index": (64, arith.index_cast, arith.index_cast),
}


@dataclass
class Staged:
    """A tile in shared memory."""

    exchange: Exchange
    memory: ir.Value
    strides: list[Size]
    contiguous: int

    def access(self, layout: LinearLayout, base: Size = 0, as_accessed: bool = False) -> TileAccess:
        """The part of the tile that `layout` covers, from an address on; `as_accessed`: a chunk is
        what one access moves."""
        index, chunk = self.exchange.index, self.exchange.chunk(layout)
        limit = self.exchange.access_limit(ir.MemRefType(self.memory.type).element_type)
        width = min(widest(layout, self.contiguous, limit), chunk)
        chunk = width if as_accessed else chunk
        return TileAccess(index, self.memory, layout, chunk, self.strides, base, width=width)


@dataclass
class Exchange:
    """Moves tiles between the threads of one kernel."""

    chip: Chip
    index: Index
    shared: SharedMemory
    threads: int

    def chunk(self, layout: LinearLayout) -> int:
        """How many registers of a layout make a chunk."""
        return min(layout.registers, self.chip.vector_width)

    def access_limit(self, element: ir.Type) -> int:
        """How many elements one access can move."""
        return min(self.chip.access_bytes // element_bytes(element), self.chip.vector_width)

    def convert(self, chunks: Chunks, source: LinearLayout, target: LinearLayout) -> Chunks:
        if source == target:
            return chunks
        if source.threads == target.threads or self.threads == 1:
            held = {place: r for r, place in enumerate(source.places())}
            registers = [held[place] for place in target.places() if place in held]
            if len(registers) == target.registers:
                return regroup(chunks, registers, self.chunk(target))
        element = element_of(chunks[0].type)
        bytes_ = element_bytes(element)
        if str(element) in _KEPT_AS:
            kept, widen, narrow = _KEPT_AS[str(element)]
            held = _each(widen, ir.IntegerType.get_signless(kept), chunks)
            return _each(narrow, element, self.convert(held, source, target))
        # Contiguous along what the readers' registers count along, to be read in wide accesses.
        keys = [(target.contiguity(d), source.contiguity(d), d) for d in range(source.rank)]
        along = max(keys)[2] if keys else None
        strides = pitches(source.shape, bytes_, source.rank - 1)
        size = extent(source.shape, strides)
        halves = size * bytes_ > self.shared.limit // 2 and common_step(source, target)
        if halves:
            return self.convert_halves(chunks, source, target, halves)
        if along is not None:
            strides = pitches(source.shape, bytes_, along)
        return self.stage((chunks, source, strides))[0].access(target).read()

    def convert_halves(
        self, chunks: Chunks, source: LinearLayout, target: LinearLayout, step: Coord
    ) -> Chunks:
        """In two rounds through half of the memory: `step` is a register's in both layouts."""
        results: list[ir.Value] = []
        inside, outside = source.register.index(step), target.register.index(step)
        parts = (without_step(source, step), without_step(target, step))
        for half in (0, 1):
            registers = [r for r in range(source.registers) if r >> inside & 1 == half]
            moving = regroup(chunks, registers, self.chunk(parts[0]))
            results += self.convert(moving, *parts)
        low = (1 << outside) - 1
        order = [
            (r & low | r >> 1 & ~low) + (r >> outside & 1) * parts[1].registers
            for r in range(target.registers)
        ]
        return regroup(results, order, self.chunk(target))

    def stage(self, *tiles: tuple[Chunks, LinearLayout, Sequence[int]]) -> list[Staged]:
        """Store tiles to shared memory, each under its strides."""
        number = self.shared.next_exchange()
        result = []
        for place, (chunks, source, strides) in enumerate(tiles):
            size = extent(source.shape, strides)
            memory = self.shared.arena(element_of(chunks[0].type), place, size)
            staged = Staged(self, memory, list(strides), _contiguous(strides))
            self.shared.use(memory, writes=True, exchange=number)
            staged.access(source).write(chunks)
            result.append(staged)
        for staged in result:
            self.shared.use(staged.memory, writes=False, exchange=number)
        return result


def _contiguous(strides: Sequence[int]) -> int:
    """The dimension along which neighbours are neighbours in memory."""
    return strides.index(1) if 1 in strides else len(strides) - 1


def common_step(a: LinearLayout, b: LinearLayout) -> Coord | None:
    """The longest step of a register that both layouts have."""
    return max(set(a.register) & set(b.register), default=None)


def without_step(layout: LinearLayout, step: Coord) -> LinearLayout:
    """The layout of half a tile: the bit of the coordinate that `step` sets is gone."""
    shape = tuple(n // 2 if x else n for n, x in zip(layout.shape, step, strict=True))

    def image(basis: Coord) -> Coord:
        pairs = zip(basis, step, strict=True)
        return tuple(b & (x - 1) | b >> 1 & ~(x - 1) if x else b for b, x in pairs)

    rest = tuple(basis for basis in layout.register if basis != step)
    return LinearLayout(layout.shape, rest, layout.lane, layout.warp).map(image, shape)


def _each(cast, element: ir.Type, chunks: Chunks) -> Chunks:
    kind = chunk_type(element, width_of(chunks[0]))
    return [cast(kind, chunk) for chunk in chunks]
