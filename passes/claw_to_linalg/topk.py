"""claw-to-linalg: the first k of an axis in order, of which only those are sorted.

    x:           a b c d | e f g h | i j - -     blocks of an axis
    candidates:  d a     | g h     | j i         the first k of each, found by counting
                 d a g h j i                     an axis again, until one block is left

What a block leaves out comes behind k others, so that it is none of the first k.  Candidates stand
in the order of their blocks: of equal elements the first still comes first.  With blocks of w
elements n * w comparisons leave n * k / w candidates.
"""

from __future__ import annotations

from math import inf, nan

from mlir import ir
from mlir.dialects import arith, cf, linalg

from clawc.dialects.order_ops import TopkOp
from clawc.dialects.shapes import Label, tensor_type
from clawc.passes.claw_to_linalg.blocks import cut
from clawc.passes.claw_to_linalg.build import Builder, Size, convert, index
from clawc.passes.claw_to_linalg.merge import merge_sorted
from clawc.passes.claw_to_linalg.positions import elements_at
from clawc.passes.claw_to_linalg.reshape import collapse, product
from clawc.passes.claw_to_linalg.sort import BY_COUNTING, counted, order_of, taken

_BLOCK = 32
_SHARE = 4  # a block has so many times the elements that it keeps
_MOST = 32  # kept of a block: what is larger is sorted
_CUTS = 2
"""How often an axis of unknown size is cut: an element in 16 is left to be sorted."""

_I = arith.CmpIPredicate


def lower_topk(op: TopkOp, build: Builder) -> list[ir.Value]:
    build.agree(op)
    axis, descending = op.along, not op.smallest
    element, number = tensor_type(op.input).element_type, tensor_type(op.indices).element_type
    before = order_of(element, descending)
    length = build.sizes(op.input)[axis]
    if not isinstance(length, int):
        enough = arith.cmpi(_I.uge, length, index(op.k))
        message = f"input axis {axis} must have at least k elements, {op.k}"
        cf.assert_(enough, f"{op.operation.name}: {message}")
    keys, numbers = op.input, None
    cuts = 0
    while not _is_short(length) and op.k <= _MOST and (isinstance(length, int) or cuts < _CUTS):
        keys, numbers = _candidates(op, build, keys, numbers)
        length, cuts = build.sizes(keys)[axis], cuts + 1
    if _is_short(length):
        places = counted(build, keys, axis, before, op.k)
        if numbers is not None:
            return taken(build, [keys, numbers], places, axis)
        sizes = dict(enumerate(build.sizes(places)))
        axes: list[Label] = list(sizes)
        found = build.compute(
            [(places, axes)], axes, sizes, number, lambda place: convert(place, number)
        )
        return [*taken(build, [keys], places, axis), found]
    if numbers is None:
        numbers = _numbered(build, keys, axis, number)
    ordered = merge_sorted(build, [keys, numbers], axis, lambda a, b: before(a[0], b[0]))
    wanted: list[Size] = [op.k if a == axis else n for a, n in enumerate(build.sizes(keys))]
    return elements_at(build, ordered, wanted, lambda here: here)


def _is_short(length: Size) -> bool:
    return isinstance(length, int) and length <= BY_COUNTING


def _candidates(
    op: TopkOp, build: Builder, keys: ir.Value, numbers: ir.Value | None
) -> tuple[ir.Value, ir.Value]:
    """The first k of each block, and their indices in the input: `numbers` of the keys, by default
    their own."""
    axis, element = op.along, tensor_type(keys).element_type
    number = tensor_type(op.indices).element_type
    width = max(_BLOCK, _SHARE * op.k)
    blocks = cut(build, keys, axis, width, last_of(element, not op.smallest))
    of_blocks = [blocks] if numbers is None else [blocks, cut(build, numbers, axis, width, 0)]
    places = counted(build, blocks, axis + 1, order_of(element, not op.smallest), op.k)
    found = taken(build, of_blocks, places, axis + 1)
    if numbers is None:
        sizes = dict(enumerate(build.sizes(places)))
        axes: list[Label] = list(sizes)

        def numbered(place: ir.Value) -> ir.Value:
            block = arith.muli(linalg.IndexOp(axis).result, index(width))
            return arith.addi(arith.index_cast(number, block), convert(place, number))

        found.append(build.compute([(places, axes)], axes, sizes, number, numbered))
    first, second = (_in_one(build, value, axis) for value in found)
    return first, second


def last_of(element: ir.Type, descending: bool) -> float | int:
    """What no element comes behind."""
    if not isinstance(element, ir.IntegerType):
        return -inf if descending else nan
    if element.width == 1:
        return 0 if descending else 1
    least = -(1 << (element.width - 1))
    return least if descending else -1 - least


def _in_one(build: Builder, value: ir.Value, axis: int) -> ir.Value:
    """`axis` and the next one as one."""
    sizes = build.sizes(value)
    groups = [[a] for a in range(axis)] + [[axis, axis + 1]]
    groups += [[a] for a in range(axis + 2, len(sizes))]
    both = product([sizes[axis], sizes[axis + 1]])
    return build.define(collapse(build, value, groups), [*sizes[:axis], both, *sizes[axis + 2 :]])


def _numbered(build: Builder, keys: ir.Value, axis: int, element: ir.Type) -> ir.Value:
    """The index of each element along the axis."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(keys)))

    def number() -> ir.Value:
        return arith.index_cast(element, linalg.IndexOp(axis).result)

    return build.compute([], list(sizes), sizes, element, number)
