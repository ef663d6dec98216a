"""A generic whose iterations have to run one after the other, on results in memory.

Where results are indexed by different loops and take each other's values on the way, as the totals
and the steps of a running sum do, or where a map does not reach every element, no element can be
computed by itself.  A thread has one index of each loop that all results are indexed by; it writes
their elements of that index as they were before, and then runs the other loops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import memref, scf

from clawc.passes.ir.constants import constant
from clawc.passes.ir.maps import named_loops, output_maps
from clawc.passes.kernel.abi import Size, index_constant
from clawc.passes.map_to_threads.elements import Elements
from clawc.passes.map_to_threads.index import apply_map, as_value, linear
from clawc.passes.map_to_threads.nest import Nest


@dataclass
class Stored:
    """Where the results of an operation are, by their numbers."""

    buffers: Mapping[int, ir.Value]
    sizes: Mapping[int, list[Size]]

    def write(self, number: int, indices: Sequence[Size], value: ir.Value) -> None:
        memref.store(value, self.buffers[number], [linear(indices, self.sizes[number])])

    def read(self, number: int, indices: Sequence[Size]) -> ir.Value:
        return memref.load(self.buffers[number], [linear(indices, self.sizes[number])])


@dataclass
class InOrder(Nest):
    """The loops of an operation, whose results are read from memory and written there."""

    stored: Stored

    def iteration(self, loops: list[Size], results: list[ir.Value]) -> list[ir.Value]:
        maps = output_maps(self.op)
        places = [apply_map(map_, loops) for map_ in maps]
        block = self.op.regions[0].blocks[0]
        arguments = list(block.arguments)[-len(places) :]
        before = [
            self.stored.read(i, place) if any(argument.uses) else constant(argument.type, 0)
            for i, (argument, place) in enumerate(zip(arguments, places, strict=True))
        ]
        for i, value in enumerate(self.body(loops, before)):
            self.stored.write(i, places[i], value)
        return results


def shared_loops(op: ir.Operation) -> list[int]:
    """The loops that every result is indexed by: each index of them is a thread's."""
    maps = output_maps(op)
    return sorted(set.intersection(*(set(named_loops(map_)) for map_ in maps)))


def run_in_order(
    elements: Elements, op: ir.Operation, fixed: dict[int, Size], stored: Stored
) -> None:
    """What the thread of `fixed`, an index for each shared loop, does."""
    sizes = elements.loop_sizes(op)
    maps = output_maps(op)
    inits = list(op.operands)[-len(maps) :]
    for number, (init, map_) in enumerate(zip(inits, maps, strict=True)):
        if init.owner.name == "tensor.empty":
            continue
        named = named_loops(map_)
        known: dict[int, Size] = {named[loop]: index for loop, index in fixed.items()}
        _write_before(elements, number, init, stored, known, [])
    free = [d for d in range(len(sizes)) if d not in fixed]
    InOrder(elements, op, sizes, stored).run(free, fixed, [])


def _write_before(
    elements: Elements,
    number: int,
    init: ir.Value,
    stored: Stored,
    known: dict[int, Size],
    indices: list[Size],
) -> None:
    """Store the elements that result `number` starts from, at the `known` indices and all others
    of the dimensions after `indices`."""
    sizes = stored.sizes[number]
    dim = len(indices)
    if dim == len(sizes):
        stored.write(number, indices, elements.element(init, indices))
    elif dim in known:
        _write_before(elements, number, init, stored, known, [*indices, known[dim]])
    else:
        loop = scf.ForOp(index_constant(0), as_value(sizes[dim]), index_constant(1))
        with ir.InsertionPoint(loop.body):
            inner = [*indices, loop.induction_variable]
            _write_before(elements, number, init, stored, known, inner)
            scf.YieldOp([])
