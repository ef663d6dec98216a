"""claw-to-linalg: running sums and their like, in blocks.

    x:        a b c | d e f | g h          blocks of an axis
    totals:   abc     def     gh           each block combined
    before:   -       abc     abcdef       an exclusive scan of the totals, in the same way
    result:   before and the block's elements up to each

Within a block each element looks at all of its block: a reduction, which has a vector form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.dialects.order_ops import ScanOp
from clawc.dialects.shapes import Label, shape, tensor_type
from clawc.passes.claw_to_linalg.blocks import cut, joined
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    constant,
    convert,
    filled,
    wide_type,
)
from clawc.passes.claw_to_linalg.reductions import neutral_of, scalar_reduction

BLOCKS = (8, 16, 16, 16)
"""Elements of a block, where a scan is cut for the first, the second, ... time.  Each element looks
at its whole block; what is scanned next has one element for each, so that larger blocks cost
little there and leave fewer steps.  An axis of unknown size is cut so often and no more: of 2^24
elements 512 are left to be scanned at once."""
AT_ONCE = (32, 128, 128, 128)
"""Up to here an axis of known size is one block, by how often it was cut."""

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
    return build.rounded(_scanned(build, scan, op.input, op.exclusive), element)


def neutral_for_scan(kind: str, element: ir.Type, exclusive: bool) -> float | int:
    """What changes nothing; as the first element of an exclusive sum, 0.0 and not -0.0."""
    if kind == "sum" and not isinstance(element, ir.IntegerType):
        return 0.0 if exclusive else -0.0
    return neutral_of(kind, element)


def _scanned(
    build: Builder, scan: Scan, value: ir.Value, exclusive: bool, cuts: int = 0
) -> ir.Value:
    """The scan of `value`, which is cut into blocks if it is long, and was so `cuts` times."""
    sizes = build.sizes(value)
    length, last = sizes[scan.axis], len(BLOCKS) - 1
    if length <= AT_ONCE[min(cuts, last)] if isinstance(length, int) else cuts > last:
        return _block(build, scan, value, exclusive, None)
    width = BLOCKS[min(cuts, last)]
    blocks = cut(build, value, scan.axis, width, scan.neutral)
    inner = Scan(scan.combine, scan.neutral, scan.element, scan.axis + 1, scan.reverse)
    before = _scanned(build, scan, _totals(build, inner, blocks), True, cuts + 1)
    return joined(build, _block(build, inner, blocks, exclusive, before), scan.axis, sizes)


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
