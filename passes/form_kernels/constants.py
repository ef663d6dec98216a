"""Constants of a program as they are in memory: one global each, bits as bytes."""

from __future__ import annotations

import numpy as np
from mlir import ir
from mlir.dialects import memref

from clawc.passes.form_kernels.views import buffer_type, stored_type
from clawc.passes.ir.resource_bytes import as_resource, resource_bytes


def write_global(op: ir.OpView, name: str) -> None:
    """A `memref.global` with the values of `op`, an `arith.constant`, at the insertion point."""
    memref.GlobalOp(
        ir.StringAttr.get(name),
        ir.TypeAttr.get(buffer_type(op.results[0].type)),
        sym_visibility=ir.StringAttr.get("private"),
        initial_value=in_memory(op, op.attributes["value"]),
        constant=True,
    )


def in_memory(op: ir.OpView, values: ir.Attribute) -> ir.Attribute:
    """The values that `op` holds, an i1 as i8."""
    type_ = ir.ShapedType(values.type)
    if stored_type(type_.element_type) == type_.element_type:
        return values
    if as_resource(values) is not None:
        stored = np.frombuffer(resource_bytes(op.operation), np.int8)
        return ir.DenseElementsAttr.get(stored.reshape(type_.shape).data)
    return ir.DenseElementsAttr.get(np.array(ir.DenseElementsAttr(values)).astype(np.int8).data)
