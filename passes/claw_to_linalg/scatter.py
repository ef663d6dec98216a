"""claw-to-linalg: scatter, turned round: each place looks for the updates that name it.

No two threads write one place, so no atomics are needed and no order depends on them.  Where there
are few updates, or few places, each place looks at all updates, a reduction with a vector form;
else they are sorted by place before.
"""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.dialects.scatter_op import ScatterOp
from clawc.dialects.shapes import tensor_type
from clawc.passes.claw_to_linalg.build import Builder, constant, convert, filled, wide_type
from clawc.passes.claw_to_linalg.places import Places, find_places
from clawc.passes.claw_to_linalg.positions import branch
from clawc.passes.claw_to_linalg.reductions import neutral_of, scalar_reduction
from clawc.passes.claw_to_linalg.reshape import product
from clawc.passes.claw_to_linalg.scatter_sorted import fold_sorted

LOOKS_AT_ALL = 2**22
"""Up to here, in places times updates, each place looks at all updates."""

FEW_PLACES = 512
"""Up to here, whatever the number of updates: looking at 512 places costs as much as sorting."""

_P = arith.CmpIPredicate


def lower_scatter(op: ScatterOp, build: Builder) -> ir.Value:
    places = find_places(op, build)
    element = tensor_type(op.out).element_type
    wide = wide_type(element)
    if op.kind == "assign":
        if _are_sorted(places):
            return fold_sorted(places, build, element, lambda new, _: new, last_only=True)
        return _assigned(places, build)
    if _are_sorted(places):
        combine = scalar_reduction(op.kind, wide)
        return fold_sorted(places, build, wide, lambda new, old: combine(old, new))
    return _combined(places, build, op.kind, wide)


def _are_sorted(places: Places) -> bool:
    """Whether the updates are, by the places that they name."""
    here = product([places.sizes[axis] for axis in places.axes])
    return not (isinstance(here, int) and here <= FEW_PLACES) and _are_many(places)


def _are_many(places: Places) -> bool:
    """Whether no place can look at all updates; so it is with those whose number is not known."""
    count = product([places.entry_count, *(places.sizes[axis] for axis in places.axes)])
    return not isinstance(count, int) or count > LOOKS_AT_ALL


def _combined(places: Places, build: Builder, kind: str, element: ir.Type) -> ir.Value:
    """All updates of a place combined, then what was there before and they."""
    axes, sizes = places.axes, places.sizes
    neutral = neutral_of(kind, element)
    if kind == "sum" and not isinstance(element, ir.IntegerType):
        neutral = -0.0  # 0.0 would make -0.0 of what nothing is added to 0.0
    combine = scalar_reduction(kind, element)
    loops = [*axes, *places.keys[1]]

    def body(key: ir.Value, update: ir.Value, sofar: ir.Value) -> ir.Value:
        hit = arith.cmpi(_P.eq, key, places.here(loops))
        return combine(
            sofar, arith.select(hit, convert(update, element), constant(element, neutral))
        )

    start = filled([sizes[axis] for axis in axes], element, neutral)
    total = build.fold([places.keys, places.updates], (start, axes), loops, sizes, body)
    inputs = [(places.source, axes), (total, axes)]
    original = tensor_type(places.source).element_type
    return build.compute(inputs, axes, sizes, original, combine, element)


def _assigned(places: Places, build: Builder) -> ir.Value:
    """The last update of a place, or what was there before."""
    axes, sizes, key = places.axes, places.sizes, places.key_type
    indexed = list(places.indexed)
    loops = [*indexed, *places.keys[1]]

    def later(name: ir.Value, sofar: ir.Value) -> ir.Value:
        hit = arith.cmpi(_P.eq, name, places.here(loops))
        return arith.maxsi(sofar, arith.select(hit, places.entry(loops), constant(key, -1)))

    start = filled([sizes[axis] for axis in indexed], key, -1)
    last = build.fold([places.keys], (start, indexed), loops, sizes, later)

    def chosen(old: ir.Value, entry: ir.Value) -> ir.Value:
        found = arith.cmpi(_P.sge, entry, constant(key, 0))
        here = [linalg.IndexOp(axis).result for axis in axes]
        return branch(found, old.type, lambda: places.update(entry, here), lambda: old)

    element = tensor_type(places.source).element_type
    return build.compute([(places.source, axes), (last, indexed)], axes, sizes, element, chosen)


def fold_updates(
    places: Places, build: Builder, body: Callable[[ir.Value, ir.Value], ir.Value]
) -> ir.Value:
    """Any `body` of an update and what is there, one update after the other."""
    if _are_many(places):
        element = tensor_type(places.source).element_type
        return fold_sorted(places, build, element, body)
    axes = places.axes
    loops = [*axes, *places.keys[1]]

    def step(key: ir.Value, update: ir.Value, sofar: ir.Value) -> ir.Value:
        hit = arith.cmpi(_P.eq, key, places.here(loops))
        return arith.select(hit, body(update, sofar), sofar)

    start = (places.source, axes)
    return build.fold([places.keys, places.updates], start, loops, places.sizes, step)
