"""claw-to-linalg: scatter of many updates, sorted by the places that they name.

The sort is stable, so that the updates of one place are neighbours, in the order in which they are
listed: each place finds its first and its last by halving, and combines them.
"""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir
from mlir.dialects import arith, linalg, scf, tensor

from clawc.dialects.shapes import rank, tensor_type
from clawc.passes.claw_to_linalg.build import Builder, Size, as_index, constant, convert, index
from clawc.passes.claw_to_linalg.merge import MOST_STEPS, merge_sorted
from clawc.passes.claw_to_linalg.places import Places
from clawc.passes.claw_to_linalg.reshape import collapse, product

_P = arith.CmpIPredicate


def fold_sorted(
    places: Places,
    build: Builder,
    element: ir.Type,
    step: Callable[[ir.Value, ir.Value], ir.Value],
    last_only: bool = False,
) -> ir.Value:
    """`step` of each update, or of the last alone, and what is there, computed in `element`."""
    names, order = _sorted_entries(places, build)
    first, behind = (_bound(places, build, names, above) for above in (0, 1))
    axes, indexed = places.axes, list(places.indexed)

    def folded(old: ir.Value, low: ir.Value, high: ir.Value) -> ir.Value:
        here = [linalg.IndexOp(axis).result for axis in axes]
        low, high = (arith.index_cast(ir.IndexType.get(), bound) for bound in (low, high))
        if last_only:
            low = arith.maxui(low, arith.subi(arith.maxui(high, index(1)), index(1)))
        loop = scf.ForOp(low, high, index(1), [convert(old, element)])
        with ir.InsertionPoint(loop.body):
            entry = tensor.ExtractOp(order, [loop.induction_variable]).result
            update = convert(places.update(entry, here), element)
            scf.YieldOp([step(update, loop.inner_iter_args[0])])
        return loop.results[0]

    inputs = [(places.source, axes), (first, indexed), (behind, indexed)]
    original = tensor_type(places.source).element_type
    return build.compute(inputs, axes, places.sizes, original, folded)


def _sorted_entries(places: Places, build: Builder) -> tuple[ir.Value, ir.Value]:
    """The places that are named, in order, and the number of the entry that names each."""
    value, labels = places.keys
    if rank(value) > 1:
        value = collapse(build, value, [list(range(rank(value)))])
        build.define(value, [product([places.sizes[label] for label in labels])])
    key = places.key_type
    sizes = dict(enumerate(build.sizes(value)))

    def number() -> ir.Value:
        return arith.index_cast(key, linalg.IndexOp(0).result)

    numbers = build.compute([], [0], sizes, key, number)
    names, order = merge_sorted(
        build, [value, numbers], 0, lambda a, b: arith.cmpi(_P.slt, a[0], b[0])
    )
    return names, order


def _bound(places: Places, build: Builder, names: ir.Value, above: int) -> ir.Value:
    """How many `names` come before each place (`above`: up to it), found by halving."""
    indexed, key = list(places.indexed), places.key_type
    count: Size = build.sizes(names)[0]
    steps = count.bit_length() if isinstance(count, int) else MOST_STEPS

    def halved() -> ir.Value:
        wanted = arith.addi(places.here(indexed), constant(key, above))
        bounds = [index(0), as_index(count)]
        loop = scf.ForOp(index(0), index(steps), index(1), bounds)
        with ir.InsertionPoint(loop.body):
            low, high = loop.inner_iter_args
            types = [bound.type for bound in bounds]
            is_open = arith.cmpi(_P.ult, low, high)
            half = scf.IfOp(is_open, types, has_else=True)
            with ir.InsertionPoint(half.regions[0].blocks[0]):
                middle = arith.divui(arith.addi(low, high), index(2))
                name = tensor.ExtractOp(names, [middle]).result
                before = arith.cmpi(_P.slt, name, wanted)
                behind = arith.addi(middle, index(1))
                scf.YieldOp([arith.select(before, behind, low), arith.select(before, high, middle)])
            with ir.InsertionPoint(half.regions[1].blocks[0]):
                scf.YieldOp([low, high])
            scf.YieldOp(list(half.results))
        return arith.index_cast(key, loop.results[0])

    return build.compute([], indexed, places.sizes, key, halved)
