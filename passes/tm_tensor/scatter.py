"""tm_tensor.scatter as claw.scatter, or with a region of its own kind as structured operations."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.dialects.scatter_op import ScatterOp, scatter_elements
from clawc.dialects.shapes import DYNAMIC, element, rank, shape, tensor_type
from clawc.passes.claw_to_linalg.build import Builder, constant, empty
from clawc.passes.claw_to_linalg.places import find_places
from clawc.passes.claw_to_linalg.scatter import fold_updates
from clawc.passes.tm_tensor.operation import TmOp
from clawc.passes.tm_tensor.region import Combiner, combiner, inlined


def convert_scatter(op: TmOp, build: Builder) -> list[ir.Value]:
    """Duplicates are combined in the order of the updates, also where they are said to be none."""
    op.expect_operands([2], 1, 1)
    updates, indices = op.ins
    source = op.outs[0]
    scalar = tensor_type(source).element_type
    block = op.block([tensor_type(updates).element_type, scalar], scalar)
    op.expect(rank(indices) == 2, f"indices of rank 2, got {rank(indices)}")
    indices, dims = _whole_windows(op, source, indices, updates)
    found = combiner(block, block.arguments[1])
    if found is not None and element(source) in scatter_elements(found.kind):
        updates = _mapped(block, found, updates, build)
        made = _scatter(op, found.kind, source, indices, updates, dims)
        return [made.out]
    shapes = _scatter(op, "assign", source, indices, updates, dims)
    result = fold_updates(find_places(shapes, build), build, inlined(block))
    shapes.operation.erase()
    return [result]


def _scatter(
    op: TmOp, kind: str, source: ir.Value, indices: ir.Value, updates: ir.Value, dims: list[int]
) -> ScatterOp:
    made = ScatterOp.build(source, indices, updates, results=[source.type], kind=kind, dims=dims)
    op.check(made)
    return made


def _mapped(block: ir.Block, found: Combiner, updates: ir.Value, build: Builder) -> ir.Value:
    """The updates as the region takes them: a count adds 1 whatever the update is."""
    if found.value == block.arguments[0]:
        return updates
    sizes = build.sizes(updates)
    value, type_ = found.value, tensor_type(updates).element_type
    if not isinstance(value.owner, ir.Block) and value.owner.operation.block != block:
        return build.define(linalg.fill(value, outs=[empty(sizes, type_)]), sizes)
    axes, compute = list(range(len(sizes))), inlined(block, value)
    unused = block.arguments[1]  # the value does not depend on it
    return build.compute(
        [(updates, axes)], axes, dict(enumerate(sizes)), type_, lambda x: compute(x, unused)
    )


def _whole_windows(
    op: TmOp, source: ir.Value, indices: ir.Value, updates: ir.Value
) -> tuple[ir.Value, list[int]]:
    """The indices, with a column of zeros for each axis that is not indexed and not covered whole:
    there the window begins at 0."""
    dims = op.integers("dimension_map")
    lead = rank(source) - rank(updates) + 1
    partial = [
        axis
        for axis in range(max(lead, 0), rank(source))
        if axis not in dims and _is_shorter(shape(updates)[axis - lead + 1], shape(source)[axis])
    ]
    if not partial:
        return indices, dims
    known = [shape(indices)[0], shape(indices)[1] + len(partial)]
    type_ = ir.RankedTensorType.get(known, tensor_type(indices).element_type)
    pad = tensor.PadOp(type_, indices, [], [], [0, 0], [0, len(partial)])
    block = pad.regions[0].blocks.append(ir.IndexType.get(), ir.IndexType.get())
    with ir.InsertionPoint(block):
        tensor.YieldOp(constant(type_.element_type, 0))
    return pad.result, [*dims, *partial]


def _is_shorter(window: int, size: int) -> bool:
    return DYNAMIC not in (window, size) and window < size
