"""vector.multi_reduction: in registers, across lanes by shuffles, across warps by an exchange."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith

from clawc.passes.distribute.chunks import (
    Chunks,
    element_of,
    pack,
    regroup,
    scalar_at,
    scalars,
    width_of,
)
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.shuffle import partner
from clawc.passes.framework.base import PassFailure
from clawc.passes.layout.linear import Bases, Coord, LinearLayout, log2
from clawc.passes.layout.ops import is_tile, numbers

Combine = Callable[[ir.Value, ir.Value], ir.Value]
COMBINE: dict[tuple[str, bool], Combine] = {  # by kind, and whether elements are floats
    ("add", True): arith.addf,
    ("add", False): arith.addi,
    ("mul", True): arith.mulf,
    ("mul", False): arith.muli,
    ("maxnumf", True): arith.maxnumf,
    ("minnumf", True): arith.minnumf,
    ("maximumf", True): arith.maximumf,
    ("minimumf", True): arith.minimumf,
    ("maxsi", False): arith.maxsi,
    ("minsi", False): arith.minsi,
    ("maxui", False): arith.maxui,
    ("minui", False): arith.minui,
    ("and", False): arith.andi,
    ("or", False): arith.ori,
    ("xor", False): arith.xori,
}
ROUND = 4  # bits: at most 16 partial results are exchanged at a time


def reduction(d: Distributor, op: ir.Operation) -> None:
    source, accumulator = op.operands
    kind = str(op.attributes["kind"]).partition("<")[2].rstrip(">")
    element = element_of(source.type)
    combine = COMBINE.get((kind, isinstance(element, ir.FloatType)))
    if combine is None:
        raise PassFailure(op, f"cannot reduce {element} by {kind}")
    layout, dims = d.tiles.layout(source), numbers(op, "reduction_dims")
    chunks = Reducer(d, combine, dims).run(d.tiles.get(source), layout)
    if is_tile(op.results[0]):
        initial = d.tiles.get(accumulator)
        results = [combine(x, y) for x, y in zip(chunks, initial, strict=True)]
        d.tiles.hold(op.results[0], results)
    else:
        result = combine(scalar_at(chunks, 0), d.scalar(accumulator))
        d.scalars[op.results[0]] = result


class Reducer:
    """Reduces along `dims` at once."""

    def __init__(self, d: Distributor, combine: Combine, dims: Sequence[int]) -> None:
        self.d, self.combine, self.dims = d, combine, dims

    def run(self, chunks: Chunks, layout: LinearLayout) -> Chunks:
        """The results, in what is left of the layout (`LinearLayout.slice`)."""
        rest = layout.slice(self.dims)
        chunks = self.registers(chunks, [self.moves(basis) for basis in layout.register])
        bits = [i for i, basis in enumerate(layout.threads) if self.moves(basis)]
        if self.d.chip.shuffles:
            lanes = len(layout.lane)
            chunks = self.lanes(chunks, [i for i in bits if i < lanes])
            bits = [i for i in bits if i >= lanes]
        while bits:
            chunks = self.exchange(chunks, rest, bits[:ROUND], bits[ROUND:])
            bits = bits[ROUND:]
        return regroup(chunks, range(rest.registers), self.d.exchange.chunk(rest))

    def moves(self, basis: Coord) -> bool:
        return any(basis[i] for i in self.dims)

    def registers(self, chunks: Chunks, moving: Sequence[bool]) -> Chunks:
        """Combine the registers that differ in a moving bit, whole chunks first."""
        inside = log2(width_of(chunks[0]))
        for bit in reversed(range(len(moving))):
            if not moving[bit]:
                continue
            if bit >= inside:
                step = 1 << (bit - inside)
                first = [i for i in range(len(chunks)) if not i & step]
                chunks = [self.combine(chunks[i], chunks[i + step]) for i in first]
            else:
                chunks = [self.halve(chunk, 1 << bit) for chunk in chunks]
        return chunks

    def halve(self, chunk: ir.Value, step: int) -> ir.Value:
        width = width_of(chunk)
        low = [i for i in range(width) if not i & step]
        high = [i + step for i in low]
        x, y = (regroup([chunk], part, width // 2)[0] for part in (low, high))
        return self.combine(x, y)

    def lanes(self, chunks: Chunks, bits: Sequence[int]) -> Chunks:
        values = scalars(chunks)
        for bit in bits:
            values = [self.combine(x, partner(x, bit, self.d.chip.lanes)) for x in values]
        return pack(values, width_of(chunks[0]))

    def exchange(
        self, chunks: Chunks, rest: LinearLayout, now: Sequence[int], later: Sequence[int]
    ) -> Chunks:
        """The partial results as a tile with two more dimensions, which the thread bits `now` and
        `later` count along; it is read back with the first of them in registers."""
        shape = (*rest.shape, 1 << len(now), 1 << len(later))
        zeros = (0,) * rest.rank
        places = {bit: (*zeros, 1 << i, 0) for i, bit in enumerate(now)}
        others = {bit: (*zeros, 0, 1 << i) for i, bit in enumerate(later)}

        def with_threads(registers: Bases, moved: dict[int, Coord]) -> LinearLayout:
            bases = [moved.get(i, (*basis, 0, 0)) for i, basis in enumerate(rest.threads)]
            lanes = len(rest.lane)
            return LinearLayout(shape, registers, tuple(bases[:lanes]), tuple(bases[lanes:]))

        kept = tuple((*basis, 0, 0) for basis in rest.register)
        held = with_threads(kept, places | others)
        wanted = with_threads(kept + tuple(places.values()), others)
        width = self.d.exchange.chunk(held)
        chunks = regroup(chunks, range(rest.registers), width)
        gathered = self.d.exchange.convert(chunks, held, wanted)
        return self.registers(gathered, [False] * len(kept) + [True] * len(now))
