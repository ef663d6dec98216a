"""claw-to-linalg: running sums and their like, in blocks.

    x:        a b c | d e f | g h          blocks of an axis
    totals:   abc     def     gh           each block combined
    before:   -       abc     abcdef       an exclusive scan of the totals, in the same way
    result:   before and the block's elements up to each

Within a block each element looks at all of its block: a reduction, which has a vector form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.dialects.order_ops import ScanOp
from clawc.dialects.shapes import Label, shape, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    as_index,
    constant,
    convert,
    dynamic,
    filled,
    index,
    static,
    wide_type,
)
from clawc.passes.claw_to_linalg.reductions import neutral_of, scalar_reduction
from clawc.passes.claw_to_linalg.reshape import collapse, expand

BLOCK = 64
AT_ONCE = 256
"""Up to here an axis is one block."""
_LEVELS = 2
"""How often an axis of unknown size is cut: 2^24 elements leave 4,096 blocks of blocks."""

_P = arith.CmpIPredicate


@dataclass(frozen=True)
class Scan:
    """How elements are combined, in `element`, along `axis`."""

    combine: Callable[[ir.Value, ir.Value], ir.Value]
    neutral: float | int
    element: ir.Type
    axis: int
    reverse: bool


def lower_scan(op: ScanOp, build: Builder) -> ir.Value:
    build.agree(op)
    element = tensor_type(op.out).element_type
    wide = element if isinstance(element, ir.IntegerType) else wide_type(element)
    scan = Scan(
        scalar_reduction(op.kind, wide),
        neutral_for_scan(op.kind, wide, op.exclusive),
        wide,
        op.axis % len(shape(op.input)),
        op.reverse,
    )
    return build.rounded(_scanned(build, scan, op.input, op.exclusive, _LEVELS), element)


def neutral_for_scan(kind: str, element: ir.Type, exclusive: bool) -> float | int:
    """What changes nothing; as the first element of an exclusive sum, 0.0 and not -0.0."""
    if kind == "sum" and not isinstance(element, ir.IntegerType):
        return 0.0 if exclusive else -0.0
    return neutral_of(kind, element)


def _scanned(build: Builder, scan: Scan, value: ir.Value, exclusive: bool, levels: int) -> ir.Value:
    """The scan of `value`, which is cut into blocks if it is long."""
    sizes = build.sizes(value)
    length = sizes[scan.axis]
    if levels == 0 or (isinstance(length, int) and length <= AT_ONCE):
        return _block(build, scan, value, exclusive, None)
    count = _block_count(length)
    blocks = _cut(build, scan, value, count)
    inner = Scan(scan.combine, scan.neutral, scan.element, scan.axis + 1, scan.reverse)
    totals = _totals(build, inner, blocks)
    less = levels if isinstance(length, int) else levels - 1
    before = _scanned(build, scan, totals, True, less)
    return _joined(build, scan, _block(build, inner, blocks, exclusive, before), sizes)


def _block(
    build: Builder, scan: Scan, value: ir.Value, exclusive: bool, before: ir.Value | None
) -> ir.Value:
    """Each element of the axis from all of it; then `before`, which has no such axis."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(value)))
    axes = list(sizes)
    sizes["j"] = sizes[scan.axis]
    loops = [*axes, "j"]
    seen = {
        (False, False): _P.ule,
        (False, True): _P.ult,
        (True, False): _P.uge,
        (True, True): _P.ugt,
    }[scan.reverse, exclusive]

    def step(x: ir.Value, sofar: ir.Value) -> ir.Value:
        at, other = (linalg.IndexOp(loops.index(label)).result for label in (scan.axis, "j"))
        counts = arith.cmpi(seen, other, at)
        rest = constant(scan.element, scan.neutral)
        return scan.combine(sofar, arith.select(counts, convert(x, scan.element), rest))

    read = ["j" if axis == scan.axis else axis for axis in axes]
    start = filled([sizes[axis] for axis in axes], scan.element, scan.neutral)
    found = build.fold([(value, read)], (start, axes), loops, sizes, step)
    if before is None:
        return found
    kept = [axis for axis in axes if axis != scan.axis]
    return build.compute([(before, kept), (found, axes)], axes, sizes, scan.element, scan.combine)


def _totals(build: Builder, scan: Scan, blocks: ir.Value) -> ir.Value:
    """Each block combined."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(blocks)))
    kept = [axis for axis in sizes if axis != scan.axis]

    def step(x: ir.Value, sofar: ir.Value) -> ir.Value:
        return scan.combine(sofar, x)

    source = (blocks, list(sizes))
    return build.accumulate([source], kept, sizes, scan.element, scan.neutral, step)


def _block_count(length: Size) -> Size:
    if isinstance(length, int):
        return -(-length // BLOCK)
    return arith.divui(arith.addi(length, index(BLOCK - 1)), index(BLOCK))


def _cut(build: Builder, scan: Scan, value: ir.Value, count: Size) -> ir.Value:
    """The axis as [count, BLOCK], filled up by what changes nothing."""
    sizes = list(build.sizes(value))
    whole = _times_block(count)
    if sizes[scan.axis] != whole:
        value = _filled_up(build, scan, value, whole)
    cut = [*sizes[: scan.axis], count, BLOCK, *sizes[scan.axis + 1 :]]
    return expand(build, value, cut, _groups(scan.axis, len(sizes)))


def _times_block(count: Size) -> Size:
    return count * BLOCK if isinstance(count, int) else arith.muli(count, index(BLOCK))


def _filled_up(build: Builder, scan: Scan, value: ir.Value, whole: Size) -> ir.Value:
    sizes = list(build.sizes(value))
    length = sizes[scan.axis]
    type_ = tensor_type(value)
    missing: Size
    if isinstance(whole, int) and isinstance(length, int):
        missing = whole - length
    else:
        missing = arith.subi(as_index(whole), as_index(length))
    sizes[scan.axis] = whole
    high = [missing if axis == scan.axis else 0 for axis in range(len(sizes))]
    result = ir.RankedTensorType.get(static(sizes), type_.element_type)
    pad = tensor.PadOp(result, value, [], dynamic(high), [0] * len(sizes), static(high))
    block = pad.regions[0].blocks.append(*[ir.IndexType.get()] * len(sizes))
    with ir.InsertionPoint(block):
        tensor.YieldOp(constant(type_.element_type, scan.neutral))
    return build.define(pad.result, sizes)


def _joined(build: Builder, scan: Scan, blocks: ir.Value, sizes: Sequence[Size]) -> ir.Value:
    """The blocks one after the other, without what they were filled up by."""
    cut = build.sizes(blocks)
    whole = _times_block(cut[scan.axis])
    joined = collapse(build, blocks, _groups(scan.axis, len(sizes)))
    build.define(joined, [whole if axis == scan.axis else s for axis, s in enumerate(sizes)])
    if sizes[scan.axis] == whole:
        return joined
    known = static(sizes)
    type_ = ir.RankedTensorType.get(known, tensor_type(blocks).element_type)
    ones, zeros = [1] * len(sizes), [0] * len(sizes)
    part = tensor.ExtractSliceOp(type_, joined, [], dynamic(sizes), [], zeros, known, ones)
    return build.define(part.result, sizes)


def _groups(axis: int, rank: int) -> list[list[int]]:
    """Of an axis that is cut in two."""
    before = [[a] for a in range(axis)]
    return [*before, [axis, axis + 1], *([a + 1] for a in range(axis + 1, rank))]
