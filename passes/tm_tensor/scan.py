"""tm_tensor.scan as claw.scan, or with a region of its own kind as a loop along the axis."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.dialects.order_ops import SCAN, ScanOp
from clawc.dialects.reduction_ops import reduce_elements
from clawc.dialects.shapes import Label, element, rank, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    as_index,
    empty,
    index,
    labels_map,
)
from clawc.passes.claw_to_linalg.positions import branch
from clawc.passes.claw_to_linalg.reductions import scalar_reduction
from clawc.passes.tm_tensor.operation import TmOp
from clawc.passes.tm_tensor.region import combiner, inlined

_P = arith.CmpIPredicate


def convert_scan(op: TmOp, build: Builder) -> list[ir.Value]:
    """The scan and, where it is read, what the second init holds after it."""
    op.expect_operands([1], 2, 2)
    source, start = op.ins[0], op.outs[1]
    scalar = tensor_type(source).element_type
    axis, inclusive = op.axis(rank(source)), op.flag("inclusive")
    block = op.block([scalar, scalar], scalar)
    op.expect(rank(start) == rank(source) - 1, "a second init without the scanned axis")
    found = combiner(block, block.arguments[0])
    if found and found.value == block.arguments[1] and _is_kind(found.kind, element(source)):
        type_ = op.op.results[0].type
        made = ScanOp.build(
            source, results=[type_], kind=found.kind, axis=axis, exclusive=not inclusive
        )
        op.check(made)
        result = made.out
        if not inclusive:
            result = _after(build, found.kind, start, result, axis)
    else:
        result = _in_order(build, source, start, axis, inclusive, block)
    if next(iter(op.op.results[1].uses), None) is None:
        return [result, start]
    return [result, _last(build, result, start, axis)]


def _is_kind(kind: str, element: str) -> bool:
    return kind in SCAN and element in reduce_elements(kind)


def _after(build: Builder, kind: str, start: ir.Value, scan: ir.Value, axis: int) -> ir.Value:
    """The scan from `start` on."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(scan)))
    kept = [label for label in sizes if label != axis]
    type_ = tensor_type(scan).element_type
    combine = scalar_reduction(kind, type_)
    return build.compute([(start, kept), (scan, list(sizes))], list(sizes), sizes, type_, combine)


def _in_order(
    build: Builder, source: ir.Value, start: ir.Value, axis: int, inclusive: bool, block: ir.Block
) -> ir.Value:
    """One element after the other, as nothing is known of the region; what is carried from one to
    the next is a second result, without the axis."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(source)))
    axes = list(sizes)
    kept = [label for label in axes if label != axis]
    type_ = tensor_type(source).element_type
    init = empty([sizes[label] for label in axes], type_)
    maps = [labels_map(axes, labels) for labels in (axes, axes, kept)]
    kinds = ["reduction" if label == axis else "parallel" for label in axes]
    made = linalg.GenericOp([init.type, start.type], [source], [init, start], maps, kinds)
    inner = made.regions[0].blocks.append(type_, type_, type_)
    with ir.InsertionPoint(inner):
        x, _, held = inner.arguments
        new = inlined(block)(held, x)
        if inclusive:
            first = arith.cmpi(_P.eq, linalg.IndexOp(axis).result, index(0))
            new = arith.select(first, x, new)
        linalg.YieldOp([new if inclusive else held, new])
    return build.define(made.results[0], [sizes[label] for label in axes])


def _last(build: Builder, scan: ir.Value, start: ir.Value, axis: int) -> ir.Value:
    """What torch-mlir's loop leaves there: the last element, or `start` if there are not two."""
    sizes: dict[Label, Size] = dict(enumerate(build.sizes(scan)))
    kept = [label for label in sizes if label != axis]

    def body(held: ir.Value) -> ir.Value:
        here = {label: linalg.IndexOp(i).result for i, label in enumerate(kept)}
        length = as_index(sizes[axis])
        here[axis] = arith.subi(length, index(1))
        stepped = arith.cmpi(_P.ugt, length, index(1))
        at = [here[label] for label in sizes]
        return branch(stepped, held.type, lambda: tensor.ExtractOp(scan, at).result, lambda: held)

    return build.compute([(start, kept)], kept, sizes, tensor_type(scan).element_type, body)
