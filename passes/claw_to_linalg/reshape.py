"""claw-to-linalg: reshapes as tensor.collapse_shape and tensor.expand_shape."""

from __future__ import annotations

from math import prod

from mlir import ir
from mlir.dialects import arith, tensor

from clawc.dialects.shape_ops import ReshapeOp
from clawc.dialects.shapes import DYNAMIC, shape, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    check_equal,
    dynamic,
    index,
    recast,
    static,
)

Groups = list[list[int]]


def lower_reshape(op: ReshapeOp, build: Builder) -> ir.Value:
    """Axes that stay are left alone; those between are collapsed to one, then expanded."""
    source, target = build.sizes(op.input), list(shape(op.out))
    sizes: list[Size] = list(target)
    if op.sizes:
        given = iter(op.sizes)
        sizes = [build.resolved(next(given)) if n == DYNAMIC else n for n in target]
    elif DYNAMIC in target:
        rest = prod(size for size in target if size != DYNAMIC)
        sizes[target.index(DYNAMIC)] = _quotient(op, source, rest)
    if op.sizes or DYNAMIC not in target:
        _check_count(op, source, sizes)
    return _reshaped(build, op.input, sizes)


def _check_count(op: ReshapeOp, source: list[Size], sizes: list[Size]) -> None:
    if not _same_count(source, sizes):
        wanted = "that of the result" if dynamic(sizes) else product(sizes)
        check_equal(op, product(source), product(sizes), "input's element count", wanted)


def _quotient(op: ReshapeOp, source: list[Size], rest: int) -> Size:
    """The element count of `source` by `rest`."""
    known = prod(size for size in source if isinstance(size, int))
    if known % rest == 0:
        return product([known // rest, *dynamic(source)])
    count = product(source)
    remainder = arith.remui(count, index(rest)) if isinstance(count, ir.Value) else count % rest
    check_equal(op, remainder, 0, "input's element count", f"a multiple of {rest}")
    return arith.divui(count, index(rest)) if isinstance(count, ir.Value) else count // rest


def product(sizes: list[Size]) -> Size:
    """The number of elements of the shape `sizes`."""
    known = prod(size for size in sizes if isinstance(size, int))
    values = dynamic(sizes)
    if not values or not known:
        return known
    total = values[0]
    for value in values[1:]:
        total = arith.muli(total, value)
    return total if known == 1 else arith.muli(total, index(known))


def _reshaped(build: Builder, value: ir.Value, sizes: list[Size]) -> ir.Value:
    source = build.sizes(value)
    if source == sizes:
        return value
    if not source or not sizes:
        units = recast(value, [1] * len(source))
        return expand(build, collapse(build, units, []) if source else units, sizes, [])
    head, tail = _kept(source, sizes)
    ends = len(source) - tail, len(sizes) - tail
    narrow = collapse(build, value, _joined(head, ends[0], len(source)))
    middle = known if DYNAMIC not in (known := static(sizes[head : ends[1]])) else [DYNAMIC]
    flat = list(shape(narrow))
    flat[head] = prod(middle)
    return expand(build, recast(narrow, flat), sizes, _joined(head, ends[1], len(sizes)))


def _kept(source: list[Size], target: list[Size]) -> tuple[int, int]:
    """How many axes at the front and at the back are the same, with some left between on both.

    None where the rest may differ: next to a size 0 everything fits.
    """
    if 0 in source or 0 in target:
        return 0, 0
    room = min(len(source), len(target)) - 1
    head = 0
    while head < room and source[head] == target[head]:
        head += 1
    tail = 0
    while tail < room - head and source[-1 - tail] == target[-1 - tail]:
        tail += 1
    between = source[head : len(source) - tail], target[head : len(target) - tail]
    return (head, tail) if _same_count(*between) else (0, 0)


def _same_count(one: list[Size], other: list[Size]) -> bool:
    """Whether two shapes are known to have as many elements."""
    counts = [prod(n for n in sizes if isinstance(n, int)) for sizes in (one, other)]
    return counts[0] == counts[1] and dynamic(one) == dynamic(other)


def _joined(head: int, end: int, rank: int) -> Groups:
    """Axes `head` to `end` as one group, the others each for itself."""
    return [[a] for a in range(head)] + [list(range(head, end))] + [[a] for a in range(end, rank)]


def expand(build: Builder, value: ir.Value, sizes: list[Size], groups: Groups) -> ir.Value:
    """`value` as the shape `sizes`; each of its axes becomes a group of axes."""
    if len(sizes) == len(groups) == len(shape(value)):
        return build.define(value, sizes)
    target = ir.RankedTensorType.get(static(sizes), tensor_type(value).element_type)
    wide = tensor.expand_shape(target, value, groups, dynamic(sizes), static(sizes))
    return build.define(wide, sizes)


def collapse(build: Builder, value: ir.Value, groups: Groups) -> ir.Value:
    """`value` with each group of axes joined to one."""
    old = build.sizes(value)
    if len(groups) == len(old):
        return value
    known = [
        DYNAMIC if DYNAMIC in (part := static([old[a] for a in group])) else prod(part)
        for group in groups
    ]
    target = ir.RankedTensorType.get(known, tensor_type(value).element_type)
    return tensor.collapse_shape(target, value, groups)


def drop_units(build: Builder, value: ir.Value, axes: list[int]) -> ir.Value:
    """`value` without the dimensions `axes`, which have size 1."""
    kept = [axis for axis in range(len(shape(value))) if axis not in axes]
    return collapse(build, value, _groups(len(shape(value)), kept)) if axes else value


def insert_units(build: Builder, value: ir.Value, axes: list[int]) -> ir.Value:
    """`value` with dimensions of size 1 at `axes` of the result."""
    old = iter(build.sizes(value))
    rank = len(shape(value)) + len(axes)
    sizes: list[Size] = [1 if axis in axes else next(old) for axis in range(rank)]
    kept = [axis for axis in range(rank) if axis not in axes]
    return expand(build, value, sizes, _groups(rank, kept)) if axes else value


def split_axis(build: Builder, value: ir.Value, axis: int, outer: int, inner: int) -> ir.Value:
    """`value` with `axis`, of size outer * inner, as two axes."""
    old = build.sizes(value)
    sizes: list[Size] = [*old[:axis], outer, inner, *old[axis + 1 :]]
    return expand(build, value, sizes, _joined(axis, axis + 2, len(sizes)))


def join_axes(build: Builder, value: ir.Value, axis: int) -> ir.Value:
    """`value` with `axis` and the next one as one."""
    sizes = build.sizes(value)
    joined = [*sizes[:axis], product(sizes[axis : axis + 2]), *sizes[axis + 2 :]]
    return build.define(collapse(build, value, _joined(axis, axis + 2, len(sizes))), joined)


def _groups(rank: int, kept: list[int]) -> Groups:
    """The axes 0 to `rank` cut into runs that hold one of `kept` each; none if none is kept."""
    ends = [*kept[1:], rank]
    return [list(range(a if i else 0, e)) for i, (a, e) in enumerate(zip(kept, ends, strict=False))]
