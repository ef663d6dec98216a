"""claw-to-linalg: sorts, by counting where an axis is short, else by merging.

Counting: an element's place is the number of those that come before it, a reduction with a vector
form; n * n comparisons.  Merging: sorted runs of 1, 2, 4, ... elements become runs of twice the
length, each element of the result found by itself, by halving; n * log(n)^2 comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.dialects.order_ops import SortOp
from clawc.dialects.shapes import Label, shape, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    constant,
    convert,
    filled,
    wide_type,
)
from clawc.passes.claw_to_linalg.merge import merge_sorted
from clawc.passes.claw_to_linalg.positions import elements_at

BY_COUNTING = 256
"""Up to here an axis of known size is sorted by counting."""

_F, _I = arith.CmpFPredicate, arith.CmpIPredicate


def lower_sort(op: SortOp, build: Builder) -> list[ir.Value]:
    build.agree(op)
    axis, operands = op.axis % len(shape(op.input)), [op.input, *op.carried]
    before = order_of(tensor_type(op.input).element_type, op.descending)
    length = build.sizes(op.input)[axis]
    if isinstance(length, int) and length <= BY_COUNTING:
        places = counted(build, op.input, axis, before, length)
        return taken(build, operands, places, axis)
    return merge_sorted(build, operands, axis, lambda a, b: before(a[0], b[0]))


def order_of(element: ir.Type, descending: bool) -> Callable[[ir.Value, ir.Value], ir.Value]:
    """Whether a scalar comes before another, NaN as the greatest."""
    if isinstance(element, ir.IntegerType):
        less, greater = (_I.ult, _I.ugt) if element.width == 1 else (_I.slt, _I.sgt)
        return lambda a, b: arith.cmpi(greater if descending else less, a, b)
    wide = wide_type(element)

    def before(a: ir.Value, b: ir.Value) -> ir.Value:
        a, b = convert(a, wide), convert(b, wide)
        number = b if descending else a  # the other one may be NaN
        comes = arith.cmpf(_F.UGT if descending else _F.ULT, a, b)
        return arith.andi(comes, arith.cmpf(_F.OEQ, number, number))

    return before


def counted(
    build: Builder,
    keys: ir.Value,
    axis: int,
    before: Callable[[ir.Value, ir.Value], ir.Value],
    kept: int,
) -> ir.Value:
    """Where the first `kept` of the sorted elements stand among `keys`, as i32."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(keys)))
    axes = list(sizes)
    sizes["j"] = sizes[axis]
    loops = [*axes, "j"]
    other = ["j" if label == axis else label for label in axes]
    i32 = ir.IntegerType.get_signless(32)

    def count(here: ir.Value, there: ir.Value, sofar: ir.Value) -> ir.Value:
        at, j = (linalg.IndexOp(loops.index(label)).result for label in (axis, "j"))
        equal = arith.xori(before(here, there), constant(ir.IntegerType.get_signless(1), 1))
        first = arith.andi(equal, arith.cmpi(_I.ult, j, at))
        return arith.addi(sofar, arith.extui(i32, arith.ori(before(there, here), first)))

    start = filled([sizes[label] for label in axes], i32, 0)
    ranks = build.fold([(keys, axes), (keys, other)], (start, axes), loops, sizes, count)

    def placed(rank: ir.Value, sofar: ir.Value) -> ir.Value:
        at, j = (linalg.IndexOp(loops.index(label)).result for label in (axis, "j"))
        hit = arith.cmpi(_I.eq, rank, arith.index_cast(i32, at))
        place = arith.select(hit, arith.index_cast(i32, j), constant(i32, 0))
        return arith.ori(sofar, place)

    sizes[axis] = kept
    start = filled([sizes[label] for label in axes], i32, 0)
    return build.fold([(ranks, other)], (start, axes), loops, sizes, placed)


def taken(
    build: Builder, operands: Sequence[ir.Value], places: ir.Value, axis: int
) -> list[ir.Value]:
    """The elements of each operand at `places` along the axis."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(places)))
    return elements_at(build, operands, list(sizes.values()), lambda here: here, (places, axis))
