"""sink-scalars: scalars that depend on a tensor's contents move into the bodies that use them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import defining_op, is_tensor
from clawc.passes.ir.reading import read_op
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.host_reads import reads_of_host

_SCALAR = ("arith.", "math.")


@dataclass(frozen=True)
class SinkScalars(Pass):
    """Copy into each generic what it takes from a `tensor.extract` outside of it; scalar operands
    of generics count as taken.  What the host itself needs (a size, the number of rounds of a loop,
    a result) it reads, so that this stays where it is, as a tensor of rank 0 whose element is read.
    A `cf.assert` about contents stays where the host has them anyway; others go, as no kernel could
    report them and the host would have to wait.

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
        blocks = list(function_blocks(module))
        read = reads_of_host([op for block in blocks for op in block.operations])
        operations = [op for block in blocks for op in block.operations]
        data: set[ir.Value] = set()
        for op in operations:
            if isinstance(op, tensor.ExtractOp):
                if op.result not in read:
                    data.add(op.result)
            elif _is_scalar(op) and any(v in data for v in op.operands):
                data.update(op.results)
        for op in operations:
            if isinstance(op, linalg.GenericOp) and data:
                _sink(op, data)
        for block in blocks:
            _drop(block, data)


def _is_scalar(op: ir.OpView) -> bool:
    return op.name.startswith(_SCALAR) and not any(map(is_tensor, op.results))


def _drop(block: ir.Block, data: set[ir.Value]) -> None:
    """Erase the checks of data, and what has become useless."""
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
                copy = _copy(value, data)
            stack = [body]
            while stack:
                for inner in stack.pop().operations:
                    inner.operation.replace_uses_of_with(value, copy)
                    stack.extend(b for region in inner.regions for b in region.blocks)


def _copy(value: ir.Value, data: set[ir.Value]) -> ir.Value:
    """`value` computed again at the insertion point."""
    known: dict[ir.Value, ir.Value] = {}
    for op in _computation(value, data):
        clone = op.operation.clone()
        for i, operand in enumerate(op.operands):
            clone.operands[i] = known.get(operand, operand)
        known |= zip(op.results, clone.results, strict=True)
    return known[value]


def _computation(value: ir.Value, data: set[ir.Value]) -> Iterator[ir.OpView]:
    """The operations on data that make `value`, each after those that it needs."""
    waiting, done = [(value, False)], set[ir.Value]()
    while waiting:
        current, ready = waiting.pop()
        op = defining_op(current)
        if current not in data or current in done or op is None:
            continue
        if ready:
            done.update(op.results)
            yield op
        else:
            waiting.append((current, True))
            waiting += [(operand, False) for operand in op.operands]
