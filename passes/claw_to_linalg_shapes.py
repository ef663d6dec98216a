"""claw-to-linalg: operations on shapes, and tensors made from nothing."""

from __future__ import annotations

from math import prod

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.dialects.shape_ops import BroadcastOp, ConstantOp, IotaOp, ReshapeOp, TransposeOp
from clawc.dialects.shapes import DYNAMIC, shape, tensor_type
from clawc.passes.claw_to_linalg_build import (
    Builder,
    Size,
    as_index,
    check_equal,
    dynamic,
    index,
    recast,
    static,
)
from clawc.passes.claw_to_linalg_elementwise import cast


def lower_broadcast(op: BroadcastOp, build: Builder) -> ir.Value:
    """One generic that reads a projection; stretched dimensions are collapsed away before it."""
    sizes = build.agree(op) | dict(zip(op.unknown, op.sizes, strict=True))
    kept = [i for i in range(len(op.placed)) if i not in op.stretched]
    labels = [op.placed[i] for i in kept]
    source = drop_units(build, op.input, op.stretched)
    element = tensor_type(op.out).element_type
    return build.compute([(source, labels)], op.labels()["out"], sizes, element, lambda x: x)


def lower_transpose(op: TransposeOp, build: Builder) -> ir.Value:
    sizes, labels = build.agree(op), op.labels()
    element = tensor_type(op.out).element_type
    return build.compute([(op.input, labels["input"])], labels["out"], sizes, element, lambda x: x)


def lower_reshape(op: ReshapeOp, build: Builder) -> ir.Value:
    """Collapse to one dimension, expand to the result; canonicalization joins the two."""
    source, target = build.sizes(op.input), list(shape(op.out))
    count = _product(source)
    sizes: list[Size] = list(target)
    if op.sizes:
        given = iter(op.sizes)
        sizes = [next(given) if size == DYNAMIC else size for size in target]
        check_equal(op, count, _product(sizes), "input's element count", "that of the result")
    elif DYNAMIC in target:
        axis = target.index(DYNAMIC)
        rest = prod(size for size in target if size != DYNAMIC)
        sizes[axis] = _divide(op, count, rest)
    else:
        check_equal(op, count, prod(target), "input's element count", prod(target))
    return reshaped(build, op.input, sizes)


def lower_constant(op: ConstantOp, build: Builder) -> ir.Value:
    return arith.ConstantOp(op.value.type, op.value).result


def lower_iota(op: IotaOp, build: Builder) -> ir.Value:
    given = iter(op.sizes)
    axes = range(len(shape(op.out)))
    sizes = {a: next(given) if s == DYNAMIC else s for a, s in enumerate(shape(op.out))}
    element = tensor_type(op.out).element_type

    def body() -> ir.Value:
        position = linalg.IndexOp(op.axis % len(axes)).result
        return cast(arith.index_cast(ir.IntegerType.get_signless(64), position), element)

    return build.compute([], axes, sizes, element, body)


def reshaped(build: Builder, value: ir.Value, sizes: list[Size]) -> ir.Value:
    """`value` with the shape `sizes`, which holds as many elements."""
    old = shape(value)
    if not old or not sizes:
        units = recast(value, [1] * len(old))
        return expand(build, collapse(build, units, []) if old else units, sizes, [])
    flat = value if len(old) == 1 else collapse(build, value, [list(range(len(old)))])
    known = static(sizes)
    flat = recast(flat, [DYNAMIC if DYNAMIC in known else prod(known)])
    return expand(build, flat, sizes, [list(range(len(sizes)))])


def expand(build: Builder, value: ir.Value, sizes: list[Size], groups: list[list[int]]) -> ir.Value:
    """`value` as the shape `sizes`; each of its axes becomes a group of axes."""
    if len(sizes) == len(groups) == len(shape(value)):
        return build.define(value, sizes)
    target = ir.RankedTensorType.get(static(sizes), tensor_type(value).element_type)
    wide = tensor.expand_shape(target, value, groups, dynamic(sizes), static(sizes))
    return build.define(wide, sizes)


def collapse(build: Builder, value: ir.Value, groups: list[list[int]]) -> ir.Value:
    """`value` with each group of axes joined to one."""
    old = build.sizes(value)
    sizes = [_product([old[axis] for axis in group]) for group in groups]
    target = ir.RankedTensorType.get(static(sizes), tensor_type(value).element_type)
    return build.define(tensor.collapse_shape(target, value, groups), sizes)


def drop_units(build: Builder, value: ir.Value, axes: list[int]) -> ir.Value:
    """`value` without the dimensions `axes`, which have size 1."""
    if not axes:
        return value
    kept = [axis for axis in range(len(shape(value))) if axis not in axes]
    return collapse(build, value, _groups(len(shape(value)), kept))


def insert_units(build: Builder, value: ir.Value, axes: list[int]) -> ir.Value:
    """`value` with dimensions of size 1 at `axes` of the result."""
    old = iter(build.sizes(value))
    rank = len(shape(value)) + len(axes)
    sizes: list[Size] = [1 if axis in axes else next(old) for axis in range(rank)]
    kept = [axis for axis in range(rank) if axis not in axes]
    return expand(build, value, sizes, _groups(rank, kept)) if axes else value


def _groups(rank: int, kept: list[int]) -> list[list[int]]:
    """The axes 0 to `rank` cut into runs that hold one of `kept` each; none if none is kept."""
    ends = [*kept[1:], rank]
    return [list(range(a if i else 0, e)) for i, (a, e) in enumerate(zip(kept, ends, strict=False))]


def _product(sizes: list[Size]) -> Size:
    known = prod(size for size in sizes if isinstance(size, int))
    values = dynamic(sizes)
    if not values or not known:
        return known
    total = values[0] if known == 1 else arith.muli(values[0], index(known))
    for value in values[1:]:
        total = arith.muli(total, value)
    return total


def _divide(op: ReshapeOp, count: Size, rest: int) -> Size:
    if isinstance(count, int):
        return count // rest
    if rest == 1:
        return count
    check_equal(op, arith.remui(count, index(rest)), 0, "input's element count modulo", rest)
    return arith.divui(count, as_index(rest))
