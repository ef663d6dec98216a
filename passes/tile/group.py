"""The iteration domain of a kernel function: its linalg ops over one set of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from mlir import ir

from clawc.passes.ir.windows import Window
from clawc.passes.tile.body import Contraction, uses_argument

UNIT = -1  # instead of a dimension: there is one element
MERGED = -2  # instead of a dimension: collapsed into the one before it
Factor = tuple[ir.Value, int] | ir.Value  # a dimension of a memref argument, or an index value
Renaming = Callable[[int], int]


@dataclass(frozen=True)
class Padding:
    """What a tensor that a kernel reads has around its argument: `value`, along its `dims`."""

    dims: tuple[int, ...]
    value: ir.Value


Moved = tuple[tuple[ir.Value, int], ...]


class Unsupported(Exception):
    """Why a kernel cannot take the vector lane."""


@dataclass(frozen=True)
class Access:
    """A tensor and, for each of its dimensions, the dimension of the group, UNIT or MERGED.

    Of a tensor that is read through windows `all_dims` are instead those of a view that has a
    dimension for each loop, and `windows` are the argument's, over the positions in `all_dims`;
    with `padding` they reach out of it.  Along dimension i of the argument they lie the sum of
    `moved[i]`, values and how often each is added, further."""

    value: ir.Value
    all_dims: tuple[int, ...]
    windows: tuple[Window, ...] = ()
    padding: Padding | None = None
    moved: tuple[Moved, ...] = ()

    @property
    def dims(self) -> tuple[int, ...]:
        return tuple(d for d in self.all_dims if d >= 0)

    def renamed(self, rename: Renaming) -> Access:
        return replace(self, all_dims=tuple(map(rename, self.all_dims)))


@dataclass(frozen=True, eq=False)
class Member:
    """One linalg op.  `loops[i]` is the group's dimension of its loop i, UNIT if that runs once."""

    op: ir.Operation
    loops: tuple[int, ...]
    reduces: frozenset[int]
    inputs: tuple[Access | ir.Value, ...]  # a scalar operand is a plain value
    outputs: tuple[Access, ...]  # as accessed: the results
    inits: tuple[ir.Value, ...]  # what the outputs start from
    contraction: Contraction | None

    @property
    def domain(self) -> tuple[int, ...]:
        return tuple(d for d in self.loops if d >= 0)

    def reads_init(self, number: int) -> bool:
        """Whether the body uses what output `number` held before."""
        return uses_argument(self.op, len(self.inputs) + number)

    def operands(self) -> Iterator[Access]:
        """The tensors whose elements the body uses."""
        yield from (a for a in self.inputs if isinstance(a, Access))
        yield from (self.init(i) for i in range(len(self.outputs)) if self.reads_init(i))

    def init(self, number: int) -> Access:
        return Access(self.inits[number], self.outputs[number].all_dims)

    def renamed(self, rename: Renaming) -> Member:
        return replace(
            self,
            loops=tuple(map(rename, self.loops)),
            reduces=frozenset(rename(d) for d in self.reduces) - {MERGED},
            inputs=tuple(a.renamed(rename) if isinstance(a, Access) else a for a in self.inputs),
            outputs=tuple(a.renamed(rename) for a in self.outputs),
            contraction=self.contraction and self.contraction.renamed(rename),
        )


@dataclass(frozen=True)
class Group:
    """Parallel dimensions come first.  `sizes[d]` is a number, or the factors of a dynamic size."""

    members: tuple[Member, ...]
    sizes: tuple[int | tuple[Factor | int, ...], ...]
    memory: dict[ir.Value, ir.Value]  # a tensor that a kernel argument holds -> the argument
    results: tuple[tuple[Access, ir.Value], ...]  # what is written, and to which argument

    @property
    def reduced(self) -> frozenset[int]:
        return frozenset(d for m in self.members for d in m.reduces)

    @property
    def parallel(self) -> range:
        return range(len(self.sizes) - len(self.reduced))

    @property
    def contraction(self) -> Member | None:
        return next((m for m in self.members if m.contraction), None)

    def static(self, d: int) -> int | None:
        size = self.sizes[d]
        return size if isinstance(size, int) else None

    @cached_property
    def producers(self) -> dict[ir.Value, Member]:
        """The op that computes a tensor."""
        return {result: member for member in self.members for result in member.op.results}

    @cached_property
    def in_windows(self) -> frozenset[int]:
        """The dimensions that move together with others in a window."""
        inputs = (a for m in self.members for a in m.inputs if isinstance(a, Access))
        windows = ((a, w) for a in inputs for w in a.windows if len(w.terms) > 1)
        return frozenset(a.all_dims[place] for a, w in windows for place in w.loops)

    def memory_accesses(self) -> list[Access]:
        """Reads of arguments, then writes."""
        reads = [a for m in self.members for a in m.operands() if a.value in self.memory]
        return reads + [access for access, _ in self.results]

    def merged(self, first: int, second: int) -> Group:
        """The group with dimension `second` collapsed into `first`, which precedes it in memory."""
        sizes = [self.sizes[first], self.sizes[second]]
        if all(isinstance(s, int) for s in sizes):
            joint = prod(sizes)
        else:
            joint = tuple(f for s in sizes for f in (s if isinstance(s, tuple) else (s,)))
        new = [*self.sizes]
        new[first] = joint
        del new[second]

        def rename(d: int) -> int:
            return MERGED if d == second else d - (d > second)

        return Group(
            tuple(m.renamed(rename) for m in self.members),
            tuple(new),
            self.memory,
            tuple((access.renamed(rename), argument) for access, argument in self.results),
        )
