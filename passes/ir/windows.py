"""Windows: dimensions of an operand indexed by a sum of loops, as a convolution or pooling does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from mlir import ir


@dataclass(frozen=True)
class Window:
    """`offset` and the sum of loops times their steps."""

    terms: tuple[tuple[int, int], ...]  # loop, step
    offset: int = 0

    @property
    def loops(self) -> tuple[int, ...]:
        return tuple(loop for loop, _ in self.terms)

    @property
    def is_loop(self) -> bool:
        """Whether it is a loop and nothing else."""
        return not self.offset and len(self.terms) == 1 and self.terms[0][1] == 1

    def renamed(self, rename: Callable[[int], int]) -> Window:
        return replace(self, terms=tuple((rename(loop), step) for loop, step in self.terms))

    def expression(self) -> ir.AffineExpr:
        """Over dimensions that are numbered as the loops are."""
        total: ir.AffineExpr = ir.AffineConstantExpr.get(self.offset)
        for loop, step in reversed(self.terms):
            total = ir.AffineExpr.get_dim(loop) * step + total
        return total

    def without(self, units: Collection[int]) -> Window:
        """As `units`, loops that run once, are always 0; but no bare loop comes of it, which
        would say that it runs as often as the dimension is long."""
        left = replace(self, terms=tuple(t for t in self.terms if t[0] not in units))
        dropped = [term for term in self.terms if term[0] in units]
        return replace(left, terms=(*left.terms, *dropped[:1])) if left.is_loop else left


@dataclass(frozen=True)
class Padding:
    """What surrounds `source`: so many elements of `value` along each of its dimensions; `shape` is
    that of all, -1 where dynamic."""

    source: ir.Value
    low: tuple[int, ...]
    high: tuple[int, ...]
    value: ir.Value | ir.Attribute
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where a window lies along a dimension: so many times each of the host's indices further; with
    `guarded`, a branch decides whether anything is there."""

    moved: tuple[tuple[ir.Value, int], ...] = ()
    guarded: bool = False


Dim = int | Window | None  # of an operand: its loop, its window, None: of size 1, always index 0


def loops_of(dims: Iterable[Dim]) -> Iterator[int]:
    """Every loop that an operand's dimensions name, as often as they do."""
    for dim in dims:
        if isinstance(dim, Window):
            yield from dim.loops
        elif dim is not None:
            yield dim


def has_windows(dims: Iterable[Dim]) -> bool:
    return any(isinstance(dim, Window) for dim in dims)


def as_window(dim: Dim) -> Dim:
    return Window(((dim, 1),)) if isinstance(dim, int) else dim


def window_of(expr: ir.AffineExpr) -> Window | None:
    """The window that an expression is, each loop once; None where it is not linear."""
    steps: dict[int, int] = {}
    offset = 0
    pending = [(expr, 1)]
    while pending:
        part, factor = pending.pop()
        if isinstance(part, ir.AffineDimExpr):
            steps[part.position] = steps.get(part.position, 0) + factor
        elif isinstance(part, ir.AffineConstantExpr):
            offset += part.value * factor
        elif isinstance(part, ir.AffineAddExpr):
            pending += [(part.rhs, factor), (part.lhs, factor)]
        elif isinstance(part, ir.AffineMulExpr) and isinstance(part.rhs, ir.AffineConstantExpr):
            pending.append((part.lhs, factor * part.rhs.value))
        else:
            return None
    return Window(tuple(steps.items()), offset)
