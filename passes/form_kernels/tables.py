"""Tables: tensors whose elements a body reads by computed indices, whole buffers of a kernel."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.ir.body import body_of, captures, operations_under
from clawc.passes.ir.constants import constant_index
from clawc.passes.ir.loops import is_tensor, shape_of


def lift_sizes(op: linalg.GenericOp) -> None:
    """Ask for the sizes of tables before the body: a kernel then takes each as it takes others.

    %r = linalg.generic ... {
      %n = tensor.dim %table, %c0
      %last = arith.subi %n, %c1

    %n = tensor.dim %table, %c0
    %r = linalg.generic ... {
      %last = arith.subi %n, %c1
    """
    body = body_of(op)
    inner = operations_under(body)
    outside = set(filter(is_tensor, captures(inner, list(body.arguments))))
    for view in inner:
        if not isinstance(view, tensor.DimOp) or view.source not in outside:
            continue
        dim = constant_index(view.index)
        if dim is None or dim not in range(len(shape_of(view.source))):
            continue
        with ir.InsertionPoint(op), view.location:
            number = arith.constant(ir.IndexType.get(), dim)
            size = tensor.DimOp(view.source, number).result
        view.result.replace_all_uses_with(size)
        view.operation.erase()


def read_bytes(block: ir.Block) -> None:
    """Let `tensor.extract` of bits, whose tensor now holds bytes, yield a byte and narrow it."""
    for inner in operations_under(block):
        if not isinstance(inner, tensor.ExtractOp):
            continue
        element = ir.RankedTensorType(inner.tensor.type).element_type
        if inner.result.type == element:
            continue
        with ir.InsertionPoint(inner), inner.location:
            byte = tensor.ExtractOp(inner.tensor, list(inner.indices)).result
            bit = arith.trunci(inner.result.type, byte)
        inner.result.replace_all_uses_with(bit)
        inner.operation.erase()
