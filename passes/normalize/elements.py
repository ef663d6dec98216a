"""Elements of tensors, read in bodies: from where they are."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.body import body_of
from clawc.passes.ir.constants import constant, constant_from
from clawc.passes.ir.loops import defining_op, is_empty, uniform
from clawc.passes.ir.maps import indexing_maps

_SUMS = {"linalg.index", "arith.constant", "arith.addi", "arith.subi", "arith.muli"}
_MOVING = {*_SUMS, "tensor.extract", "linalg.yield"}
_MOST_OF_A_MOVE = 24  # operations, so that slices of slices of slices stay small


def element_at(source: ir.Value, indices: Sequence[ir.Value]) -> ir.Value:
    """An element of `source`: where all are the same, or none was ever written, without a read; of
    what only moves another tensor, an element of that one."""
    element = ir.RankedTensorType(source.type).element_type
    if (move := _move(source)) is not None:
        return inlined(move, list(move.arguments), indices)
    if is_empty(source):
        return constant(element, 0)
    scalar = uniform(source)
    if scalar is None:
        return tensor.ExtractOp(source, list(indices)).result
    return scalar if isinstance(scalar, ir.Value) else constant_from(element, scalar)


def is_read_itself(source: ir.Value) -> bool:
    """Whether `element_at` reads `source`, and no other tensor or none."""
    return _move(source) is None and not is_empty(source) and uniform(source) is None


def _move(value: ir.Value) -> ir.Block | None:
    """The body of a generic that reads an element of another tensor by few sums, and no more."""
    op = defining_op(value)
    while isinstance(op, tensor.CastOp):
        op = defining_op(op.source)
    if not isinstance(op, linalg.GenericOp) or len(op.inputs) or len(op.results) > 1:
        return None
    body, (map_,) = body_of(op), indexing_maps(op)
    names = [inner.name for inner in body.operations]
    few = len(names) <= _MOST_OF_A_MOVE and _MOVING.issuperset(names)
    few = few and not any(True for argument in body.arguments for _ in argument.uses)
    return body if few and map_ == ir.AffineMap.get_identity(map_.n_dims) else None


def inlined(
    block: ir.Block, arguments: Sequence[ir.Value], loops: Sequence[ir.Value] = ()
) -> ir.Value:
    """A copy of the operations of `block` at the insertion point, its loops at `loops` if those are
    given; what they yield."""
    known = dict(zip(block.arguments, arguments, strict=True))
    operations = list(block.operations)
    for inner in operations[:-1]:
        if loops and inner.name == "linalg.index":
            known[inner.results[0]] = loops[ir.IntegerAttr(inner.attributes["dim"]).value]
            continue
        clone = inner.operation.clone()
        for i, operand in enumerate(inner.operands):
            clone.operands[i] = known.get(operand, operand)
        known |= dict(zip(inner.results, clone.results, strict=True))
    result = operations[-1].operands[0]
    return known.get(result, result)
