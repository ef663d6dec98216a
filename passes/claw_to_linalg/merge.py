"""claw-to-linalg: a stable sort by merging runs, where each element of the result is found alone.

Of the first q elements of two runs merged, i are the first run's and q - i the second's: i is found
by halving ("merge path"; Green, McColl and Bader, 2012).  Of equal elements the first run's come
first, which makes the sort stable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, math, scf, tensor

from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    as_index,
    constant,
    index,
    recast,
    static,
)
from clawc.passes.claw_to_linalg.positions import branch, elements_at

Before = Callable[[Sequence[ir.Value], Sequence[ir.Value]], ir.Value]
"""Whether the scalars of one place, one of each operand, come before those of another."""

MOST_STEPS = 32
"""Halvings that find a place among all that an index can count."""

_P = arith.CmpIPredicate


def merge_sorted(
    build: Builder, operands: Sequence[ir.Value], axis: int, before: Before
) -> list[ir.Value]:
    """`operands` sorted along `axis` by `before`: a loop of the host program over runs of 1, 2, 4,
    ... elements, all of it with one kernel."""
    sizes = build.sizes(operands[0])
    known = [recast(value, static(sizes)) for value in operands]
    loop = scf.ForOp(index(0), _passes(sizes[axis]), index(1), known)
    with ir.InsertionPoint(loop.body):
        held = [build.define(value, sizes) for value in loop.inner_iter_args]
        scf.YieldOp(_merged(build, held, axis, loop.induction_variable, before))
    return [build.define(result, sizes) for result in loop.results]


def _passes(length: Size) -> ir.Value:
    """How often 1 is doubled until it is `length` or more."""
    if isinstance(length, int):
        return index(max(length - 1, 0).bit_length())
    i64 = ir.IntegerType.get_signless(64)
    less = arith.subi(arith.maxui(length, index(1)), index(1))
    zeros = math.ctlz(arith.index_cast(i64, less))
    return arith.index_cast(ir.IndexType.get(), arith.subi(constant(i64, 64), zeros))


def _merged(
    build: Builder, operands: Sequence[ir.Value], axis: int, number: ir.Value, before: Before
) -> list[ir.Value]:
    """Each two runs of 2^number elements as one."""
    sizes = build.sizes(operands[0])
    length = sizes[axis]
    width, steps = arith.shli(index(1), number), arith.addi(number, index(1))

    def place(here: Sequence[ir.Value]) -> list[ir.Value]:
        def at(position: ir.Value) -> list[ir.Value]:
            found = [position if a == axis else i for a, i in enumerate(here)]
            return [tensor.ExtractOp(value, found).result for value in operands]

        runs = _Runs.around(here[axis], width, as_index(length))
        source = runs.source(at, before, steps)
        return [source if a == axis else i for a, i in enumerate(here)]

    return elements_at(build, operands, sizes, place)


@dataclass(frozen=True)
class _Runs:
    """Two runs that are merged, and how many elements of the result come before the wanted one."""

    start: ir.Value
    middle: ir.Value
    end: ir.Value
    rank: ir.Value

    @classmethod
    def around(cls, position: ir.Value, width: ir.Value, length: ir.Value) -> _Runs:
        rank = arith.remui(position, arith.muli(width, index(2)))
        start = arith.subi(position, rank)
        middle = arith.minui(arith.addi(start, width), length)
        end = arith.minui(arith.addi(middle, width), length)
        return cls(start, middle, end, rank)

    def source(
        self, at: Callable[[ir.Value], list[ir.Value]], before: Before, steps: ir.Value
    ) -> ir.Value:
        """Where the wanted element stands."""
        first = arith.subi(self.middle, self.start)
        second = arith.subi(self.end, self.middle)
        taken = self._taken(first, second, at, before, steps)
        one = arith.addi(self.start, taken)
        other = arith.addi(self.middle, arith.subi(self.rank, taken))
        both = arith.andi(arith.cmpi(_P.ult, one, self.middle), arith.cmpi(_P.ult, other, self.end))
        i1 = ir.IntegerType.get_signless(1)
        none_left = arith.cmpi(_P.uge, one, self.middle)
        second_first = branch(both, i1, lambda: before(at(other), at(one)), lambda: none_left)
        return arith.select(second_first, other, one)

    def _taken(
        self,
        first: ir.Value,
        second: ir.Value,
        at: Callable[[ir.Value], list[ir.Value]],
        before: Before,
        steps: ir.Value,
    ) -> ir.Value:
        """How many of the first run's elements come before the wanted one."""
        least = arith.subi(arith.maxui(self.rank, second), second)
        most = arith.minui(self.rank, first)
        loop = scf.ForOp(index(0), steps, index(1), [least, most])
        with ir.InsertionPoint(loop.body):
            low, high = loop.inner_iter_args
            open_ = arith.cmpi(_P.ult, low, high)
            halved = scf.IfOp(open_, [index_type := ir.IndexType.get(), index_type], has_else=True)
            with ir.InsertionPoint(halved.regions[0].blocks[0]):
                half = arith.divui(arith.addi(low, high), index(2))
                one = arith.addi(self.start, half)
                other = arith.addi(self.middle, arith.subi(arith.subi(self.rank, half), index(1)))
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
