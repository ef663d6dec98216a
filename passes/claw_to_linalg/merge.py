"""claw-to-linalg: a stable sort by merging runs, where each row of the result is found alone.

Of the first q elements of two runs merged, i are the first run's and q - i the second's: i is found
by halving ("merge path"; Green, McColl and Bader, 2012), and the elements that follow one after the
other.  Of equal elements the first run's come first, which makes the sort stable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, linalg, math, scf, tensor

from clawc.dialects.shapes import tensor_type
from clawc.passes.claw_to_linalg.blocks import block_count, filled_up, first_of, in_a_row
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    as_index,
    constant,
    empty,
    filled,
    index,
    labels_map,
    recast,
    static,
)
from clawc.passes.claw_to_linalg.positions import branch

Before = Callable[[Sequence[ir.Value], Sequence[ir.Value]], ir.Value]
"""Whether the scalars of one place, one of each operand, come before those of another."""

MOST_STEPS = 32
"""Halvings that find a place among all that an index can count."""

ROW = 16
"""Elements that one thread merges."""

_P = arith.CmpIPredicate


def merge_sorted(
    build: Builder, operands: Sequence[ir.Value], axis: int, before: Before
) -> list[ir.Value]:
    """`operands` sorted along `axis` by `before`: a loop of the host program over runs of 1, 2, 4,
    ... elements, all of it with one kernel."""
    sizes = build.sizes(operands[0])
    values = [filled_up(build, value, axis, ROW, 0) for value in operands]
    whole = build.sizes(values[0])
    known = [recast(value, static(whole)) for value in values]
    loop = scf.ForOp(index(0), _passes(sizes[axis]), index(1), known)
    with ir.InsertionPoint(loop.body):
        held = [build.define(value, whole) for value in loop.inner_iter_args]
        merged = _Merge(build, held, axis, sizes[axis], before)
        scf.YieldOp([recast(v, static(whole)) for v in merged.of_runs(loop.induction_variable)])
    return [first_of(build, build.define(v, whole), sizes) for v in loop.results]


def _passes(length: Size) -> ir.Value:
    """How often 1 is doubled until it is `length` or more."""
    if isinstance(length, int):
        return index(max(length - 1, 0).bit_length())
    i64 = ir.IntegerType.get_signless(64)
    less = arith.subi(arith.maxui(length, index(1)), index(1))
    zeros = math.ctlz(arith.index_cast(i64, less))
    return arith.index_cast(ir.IndexType.get(), arith.subi(constant(i64, 64), zeros))


@dataclass(frozen=True)
class _Merge:
    """One round: each two runs as one.  A thread has a row of the result: it finds by halving how
    many of the first run's elements come before its row, and then takes one element after the
    other.  What fills up the last row stays where it is."""

    build: Builder
    values: Sequence[ir.Value]
    axis: int
    length: Size
    before: Before

    def of_runs(self, number: ir.Value) -> list[ir.Value]:
        """Runs of 2^number elements, merged."""
        build, axis, sizes = self.build, self.axis, self.build.sizes(self.values[0])
        rows = [*sizes[:axis], block_count(sizes[axis], ROW), *sizes[axis + 1 :]]
        shape = [*rows[: axis + 1], ROW, *rows[axis + 1 :]]
        few = isinstance(sizes[axis], int) and sizes[axis] < 2**31
        counted = ir.IntegerType.get_signless(32 if few else 64)
        inits = [empty(shape, tensor_type(value).element_type) for value in self.values]
        inits.append(filled(rows, counted, 0))
        loops = list(range(len(shape)))
        of_row = [loop for loop in loops if loop != axis + 1]
        maps = [labels_map(loops, loops)] * len(self.values) + [labels_map(loops, of_row)]
        kinds = ["reduction" if loop == axis + 1 else "parallel" for loop in loops]
        op = linalg.GenericOp([init.type for init in inits], [], inits, maps, kinds)
        block = op.regions[0].blocks.append(*(tensor_type(init).element_type for init in inits))
        with ir.InsertionPoint(block):
            linalg.YieldOp(self._step(number, block.arguments[len(self.values)], len(loops)))
        results = list(op.results)[:-1]
        return [in_a_row(build, build.define(value, shape), axis) for value in results]

    def _step(self, number: ir.Value, count: ir.Value, loops: int) -> list[ir.Value]:
        """The next element of each value, and how many of the first run's were taken till then, of
        which there were `count` before."""
        here = [linalg.IndexOp(loop).result for loop in range(loops)]
        column = here.pop(self.axis + 1)
        position = arith.addi(arith.muli(here[self.axis], index(ROW)), column)

        def at(place: ir.Value) -> list[ir.Value]:
            found = [place if a == self.axis else i for a, i in enumerate(here)]
            return [tensor.ExtractOp(value, found).result for value in self.values]

        runs = _Runs.around(position, arith.shli(index(1), number), self._length())
        taken = branch(
            arith.cmpi(_P.eq, column, index(0)),
            index(0).type,
            lambda: runs.taken(at, self.before, arith.addi(number, index(1))),
            lambda: arith.select(
                arith.cmpi(_P.eq, runs.rank, index(0)),
                index(0),
                arith.index_cast(ir.IndexType.get(), count),
            ),
        )
        source, taken = runs.next(taken, at, self.before)
        inside = arith.cmpi(_P.ult, position, as_index(self.length))
        return [
            *at(arith.select(inside, source, position)),
            arith.index_cast(count.type, taken),
        ]

    def _length(self) -> ir.Value:
        """How many elements are sorted; where that is not known, the IR says that the tensors have
        as many, so that no place in a run has to be clamped."""
        length = as_index(self.length)
        if not isinstance(self.length, int):
            for value in self.values:
                length = arith.minui(length, tensor.DimOp(value, index(self.axis)).result)
        return length


@dataclass(frozen=True)
class _Runs:
    """Two runs that are merged, and how many elements of the result come before the wanted one."""

    start: ir.Value
    middle: ir.Value
    end: ir.Value
    rank: ir.Value

    @classmethod
    def around(cls, position: ir.Value, width: ir.Value, length: ir.Value) -> _Runs:
        # The width is a power of two: this is the remainder by twice of it.
        rank = arith.andi(position, arith.subi(arith.shli(width, index(1)), index(1)))
        start = arith.subi(position, rank)
        middle = arith.minui(arith.addi(start, width), length)
        end = arith.minui(arith.addi(middle, width), length)
        return cls(start, middle, end, rank)

    def next(
        self, taken: ir.Value, at: Callable[[ir.Value], list[ir.Value]], before: Before
    ) -> tuple[ir.Value, ir.Value]:
        """Where the wanted element stands, if so many of the first run's were `taken`, and how many
        are then."""
        one = arith.addi(self.start, taken)
        other = arith.addi(self.middle, arith.subi(self.rank, taken))
        both = self._hold(one, other)
        i1 = ir.IntegerType.get_signless(1)
        none_left = arith.cmpi(_P.uge, one, self.middle)
        second_first = branch(both, i1, lambda: before(at(other), at(one)), lambda: none_left)
        more = arith.select(second_first, taken, arith.addi(taken, index(1)))
        return arith.select(second_first, other, one), more

    def _hold(self, one: ir.Value, other: ir.Value) -> ir.Value:
        """Whether `one` is in the first run and `other` in the second, or before it."""
        return arith.andi(arith.cmpi(_P.ult, one, self.middle), arith.cmpi(_P.ult, other, self.end))

    def taken(
        self, at: Callable[[ir.Value], list[ir.Value]], before: Before, steps: ir.Value
    ) -> ir.Value:
        """How many of the first run's elements come before the wanted one."""
        first = arith.subi(self.middle, self.start)
        second = arith.subi(self.end, self.middle)
        least = arith.subi(arith.maxui(self.rank, second), second)
        most = arith.minui(self.rank, first)
        loop = scf.ForOp(index(0), steps, index(1), [least, most])
        with ir.InsertionPoint(loop.body):
            low, high = loop.inner_iter_args
            half = arith.divui(arith.addi(low, high), index(2))
            one = arith.addi(self.start, half)
            other = arith.addi(self.middle, arith.subi(arith.subi(self.rank, half), index(1)))
            open_ = arith.andi(arith.cmpi(_P.ult, low, high), self._hold(one, other))
            halved = scf.IfOp(open_, [index_type := ir.IndexType.get(), index_type], has_else=True)
            with ir.InsertionPoint(halved.regions[0].blocks[0]):
                later = before(at(other), at(one))  # then the first run's is not among them
                scf.YieldOp(
                    [
                        arith.select(later, low, arith.addi(half, index(1))),
                        arith.select(later, half, high),
                    ]
                )
            with ir.InsertionPoint(halved.regions[1].blocks[0]):
                scf.YieldOp([low, high])
            scf.YieldOp(list(halved.results))
        return loop.results[0]
