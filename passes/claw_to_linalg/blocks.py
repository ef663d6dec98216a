"""claw-to-linalg: an axis cut into blocks, and blocks joined to an axis."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, tensor

from clawc.dialects.shapes import tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    as_index,
    constant,
    dynamic,
    index,
    static,
)
from clawc.passes.claw_to_linalg.reshape import collapse, expand
from clawc.passes.ir.slices import extract_slice


def cut(build: Builder, value: ir.Value, axis: int, width: int, filler: float | int) -> ir.Value:
    """The axis as two, of blocks and of `width`; the last block is filled up."""
    value = filled_up(build, value, axis, width, filler)
    sizes = list(build.sizes(value))
    parts = [*sizes[:axis], block_count(sizes[axis], width), width, *sizes[axis + 1 :]]
    return expand(build, value, parts, _groups(axis, len(sizes)))


def filled_up(
    build: Builder, value: ir.Value, axis: int, width: int, filler: float | int
) -> ir.Value:
    """The axis as long as its blocks of `width`."""
    sizes = list(build.sizes(value))
    length = sizes[axis]
    whole = _times(block_count(length, width), width)
    if length == whole:
        return value
    type_ = tensor_type(value)
    missing: Size
    if isinstance(whole, int) and isinstance(length, int):
        missing = whole - length
    else:
        missing = arith.subi(as_index(whole), as_index(length))
    sizes[axis] = whole
    high = [missing if a == axis else 0 for a in range(len(sizes))]
    result = ir.RankedTensorType.get(static(sizes), type_.element_type)
    pad = tensor.PadOp(result, value, [], dynamic(high), [0] * len(sizes), static(high))
    block = pad.regions[0].blocks.append(*[ir.IndexType.get()] * len(sizes))
    with ir.InsertionPoint(block):
        tensor.YieldOp(constant(type_.element_type, filler))
    return build.define(pad.result, sizes)


def in_a_row(build: Builder, blocks: ir.Value, axis: int) -> ir.Value:
    """The blocks one after the other."""
    parts = build.sizes(blocks)
    width = parts[axis + 1]
    assert isinstance(width, int), "blocks have one width"
    result = collapse(build, blocks, _groups(axis, len(parts) - 1))
    return build.define(result, [*parts[:axis], _times(parts[axis], width), *parts[axis + 2 :]])


def joined(build: Builder, blocks: ir.Value, axis: int, sizes: Sequence[Size]) -> ir.Value:
    """The blocks one after the other, as a tensor of `sizes`: without what filled them up."""
    return first_of(build, in_a_row(build, blocks, axis), sizes)


def first_of(build: Builder, value: ir.Value, sizes: Sequence[Size]) -> ir.Value:
    """So much of a tensor, from its beginning on."""
    if list(build.sizes(value)) == list(sizes):
        return value
    return build.define(extract_slice(value, [0] * len(sizes), sizes), sizes)


def block_count(length: Size, width: int) -> Size:
    """How many blocks of `width` hold so many elements."""
    if isinstance(length, int):
        return -(-length // width)
    return arith.divui(arith.addi(length, index(width - 1)), index(width))


def _times(count: Size, width: int) -> Size:
    return count * width if isinstance(count, int) else arith.muli(count, index(width))


def _groups(axis: int, rank: int) -> list[list[int]]:
    """Of an axis that is cut in two."""
    before = [[a] for a in range(axis)]
    return [*before, [axis, axis + 1], *([a + 1] for a in range(axis + 1, rank))]
