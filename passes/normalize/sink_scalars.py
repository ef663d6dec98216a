"""sink-scalars: scalars that depend on a tensor's contents move into the bodies that use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import defining_op, read_op
from clawc.passes.normalize.functions import function_blocks


@dataclass(frozen=True)
class SinkScalars(Pass):
    """Copy into each generic what it takes from a `tensor.extract` outside of it; scalar operands
    of generics count as taken.  A `cf.assert` about contents goes: no kernel could report it.

    Before:

        %s = tensor.extract %t[] : tensor<f32>
        %r = linalg.generic ins(%x) outs(%e) { linalg.yield (%in * %s) }

    After:

        %r = linalg.generic ins(%x) outs(%e) {
          %s = tensor.extract %t[] : tensor<f32>
          linalg.yield (%in * %s)
        }
    """

    name: ClassVar[str] = "sink-scalars"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            _sink_scalars(block)


def _sink_scalars(block: ir.Block) -> None:
    data: set[ir.Value] = set()
    for op in block.operations:
        if isinstance(op, tensor.ExtractOp) or (
            op.name.startswith(("arith.", "math.")) and any(v in data for v in op.operands)
        ):
            data.update(op.results)
        elif isinstance(op, linalg.GenericOp) and data:
            _sink(op, data)
    for op in reversed(list(block.operations)):
        if op.name == "cf.assert" and op.operands[0] in data:
            op.operation.erase()
        elif op.results and all(v in data for v in op.results):
            if all(next(iter(v.uses), None) is None for v in op.results):
                op.operation.erase()


def _sink(op: linalg.GenericOp, data: set[ir.Value]) -> None:
    body = body_of(op)
    for number, value in enumerate(op.inputs):
        if value in data:
            body.arguments[number].replace_all_uses_with(value)
    for value in read_op(op).captured:
        if value in data:
            with ir.InsertionPoint.at_block_begin(body), op.location:
                copy = _copy(value, data, {})
            stack = [body]
            while stack:
                for inner in stack.pop().operations:
                    inner.operation.replace_uses_of_with(value, copy)
                    stack.extend(b for region in inner.regions for b in region.blocks)


def _copy(value: ir.Value, data: set[ir.Value], known: dict[ir.Value, ir.Value]) -> ir.Value:
    """`value` computed again at the insertion point."""
    if value not in data:
        return value
    if value not in known:
        op = defining_op(value)
        assert op is not None
        operands = [_copy(operand, data, known) for operand in op.operands]
        clone = op.operation.clone()
        for i, operand in enumerate(operands):
            clone.operands[i] = operand
        known[value] = clone.results[0]
    return known[value]
