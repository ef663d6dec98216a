"""Linear layouts: which thread and register holds which element of a tile.

A layout is a linear map over GF(2) from the bits of (register, lane, warp) to the coordinates of a
tile, stored as its bases: for each bit of each input the coordinate that it contributes.  The
coordinate of a point is the xor of the bases of its set bits.  A zero basis is a broadcast: threads
that differ in that bit hold the same element.  ("Linear Layouts", Zhou et al., 2025.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

Coord = tuple[int, ...]
Bases = tuple[Coord, ...]


def log2(n: int) -> int:
    return n.bit_length() - 1


def xor(a: Coord, b: Coord) -> Coord:
    return tuple(x ^ y for x, y in zip(a, b, strict=True))


def unit(rank: int, dim: int, value: int = 1) -> Coord:
    return tuple(value if d == dim else 0 for d in range(rank))


def count_through(sizes: Sequence[int], order: Iterable[int] | None = None) -> Bases:
    """The bases that count through a tile, dimension order[0] fastest (default: the last)."""
    rank = len(sizes)
    order = range(rank)[::-1] if order is None else order
    return tuple(unit(rank, d, 1 << i) for d in order for i in range(log2(sizes[d])))


@dataclass(frozen=True)
class LinearLayout:
    """Bit i of the register number moves an element by `register[i]`, and so on."""

    shape: Coord
    register: Bases = ()
    lane: Bases = ()
    warp: Bases = ()

    def __hash__(self) -> int:
        return _hash(self)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, LinearLayout) and _parts(self) == _parts(other))

    # Reading
    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def registers(self) -> int:
        """How many elements a thread holds."""
        return 1 << len(self.register)

    @property
    def threads(self) -> Bases:
        """The bases of the thread number."""
        return self.lane + self.warp

    def apply(self, register: int = 0, lane: int = 0, warp: int = 0) -> Coord:
        """The coordinate of the element held at a point."""
        result = (0,) * self.rank
        for bases, point in ((self.register, register), (self.lane, lane), (self.warp, warp)):
            for i, basis in enumerate(bases):
                if point >> i & 1:
                    result = xor(result, basis)
        return result

    def places(self) -> tuple[Coord, ...]:
        """The coordinate of each register of thread 0."""
        return _places(self)

    def broadcast_threads(self) -> int:
        """A mask of the bits of the thread number that do not move the coordinate."""
        return sum(1 << i for i, basis in enumerate(self.threads) if not any(basis))

    def is_disjoint(self) -> bool:
        """No two bases share a bit: xor is addition, and a register a constant offset."""
        every = self.register + self.threads
        for d in range(self.rank):
            seen = 0
            for basis in every:
                if basis[d] & seen:
                    return False
                seen |= basis[d]
        return True

    def is_partition(self) -> bool:
        """Each element is held, by one register alone of a thread: each bit of each coordinate has
        a basis of its own, and what moves nothing is a lane or a warp."""
        moving = sorted(basis for basis in self.register + self.threads if any(basis))
        return all(map(any, self.register)) and moving == sorted(count_through(self.shape))

    def contiguity(self, dim: int) -> int:
        """How many consecutive registers hold consecutive, aligned elements along `dim`."""
        width = 1
        for basis in self.register:
            if basis != unit(self.rank, dim, width):
                break
            width *= 2
        others = self.register[log2(width) :] + self.threads
        while any(basis[dim] & (width - 1) for basis in others):
            width //= 2
        return width

    def run(self, dim: int) -> int:
        """How many consecutive elements along `dim` neighbouring threads hold together."""
        width = self.contiguity(dim)
        for basis in self.threads:
            if basis != unit(self.rank, dim, width):
                break
            width *= 2
        return width

    # Building
    def map(self, image: Callable[[Coord], Coord], shape: Sequence[int]) -> LinearLayout:
        """The same points with other coordinates."""
        parts = (tuple(map(image, bases)) for bases in (self.register, self.lane, self.warp))
        return LinearLayout(tuple(shape), *parts)

    def __mul__(self, outer: LinearLayout) -> LinearLayout:
        """A tile of `self` repeated as `outer` says; the bits of `self` come first."""
        shape = tuple(a * b for a, b in zip(self.shape, outer.shape, strict=True))
        scaled = outer.map(lambda b: tuple(map(mul, b, self.shape)), shape)
        return LinearLayout(
            shape,
            self.register + scaled.register,
            self.lane + scaled.lane,
            self.warp + scaled.warp,
        )

    def fill(self, shape: Sequence[int]) -> LinearLayout:
        """Repeated in registers until it covers `shape`."""
        rest = [n // m for n, m in zip(shape, self.shape, strict=True)]
        return self * LinearLayout(tuple(rest), register=count_through(rest))

    def project(self, dims: Sequence[int | None], shape: Sequence[int]) -> LinearLayout:
        """New coordinate d is the old one dims[d], or 0 (a broadcast) where dims[d] is None."""
        return self.map(lambda b: tuple(0 if d is None else b[d] for d in dims), shape)

    def slice(self, removed: Iterable[int]) -> LinearLayout:
        """The layout of a reduction: dimensions gone, and the registers that counted along them.

        Threads that moved along a removed dimension are copies."""
        gone = set(removed)
        dims = [d for d in range(self.rank) if d not in gone]
        flat = self.project(dims, [self.shape[d] for d in dims])
        kept = tuple(basis for basis in flat.register if any(basis))
        return LinearLayout(flat.shape, kept, flat.lane, flat.warp)


def _parts(layout: LinearLayout) -> tuple[Coord, Bases, Bases, Bases]:
    return layout.shape, layout.register, layout.lane, layout.warp


def _hash(layout: LinearLayout) -> int:
    """Computed once: layouts are keys everywhere."""
    cached = layout.__dict__.get("_hash")
    if cached is None:
        cached = hash(_parts(layout))
        object.__setattr__(layout, "_hash", cached)
    return cached


@lru_cache(maxsize=4096)
def _places(layout: LinearLayout) -> tuple[Coord, ...]:
    places = [(0,) * layout.rank]
    for basis in layout.register:
        places += [xor(place, basis) for place in places]
    return tuple(places)


def blocked(
    shape: Sequence[int], run: int, lanes: int, warps: int, rows_in_warp: bool = True
) -> LinearLayout:
    """Coalesced: `run` elements a register run along the last dimension, lanes along it after that.

    Warps go along the first dimension first, so that a row stays in one warp and reducing it needs
    no shared memory; without `rows_in_warp` along the last.  Registers repeat to fill the tile; a
    tile smaller than the workgroup is broadcast."""
    rank = len(shape)
    sizes = [1] * (rank - 1) + [run] if rank else []
    layout = LinearLayout(tuple(sizes), register=count_through(sizes))
    inward, outward = range(rank)[::-1], range(rank)
    for name, count, order in (
        ("lane", lanes, inward),
        ("warp", warps, outward if rows_in_warp else inward),
    ):
        for dim in order:
            part = min(count, shape[dim] // layout.shape[dim])
            step = [part if d == dim else 1 for d in range(rank)]
            layout = layout * LinearLayout(tuple(step), **{name: count_through(step)})
            count //= part
        spare = {name: ((0,) * rank,) * log2(count)}
        layout = layout * LinearLayout((1,) * rank, **spare)
    return layout.fill(shape)
