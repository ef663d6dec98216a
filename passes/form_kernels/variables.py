"""Variables of the program (`ml_program.global`): as they are in memory."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import ml_program

from clawc.passes.check.check_entries import unusable
from clawc.passes.form_kernels.constants import in_memory
from clawc.passes.form_kernels.views import buffer_type
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.resource_bytes import as_resource

_VALUES = (ir.DenseElementsAttr, ir.IntegerAttr, ir.FloatAttr)


def variables_in_memory(module: ir.Module) -> None:
    """Let each variable have the type of a buffer; a scalar is in one of rank 0.

    ml_program.global private mutable @seed(dense<0> : tensor<i64>) : tensor<i64>
    ml_program.global private mutable @seed(dense<0> : tensor<i64>) : memref<i64>
    """
    for op in module.body.operations:
        if not isinstance(op, ml_program.GlobalOp):
            continue
        type_ = ir.TypeAttr(op.attributes["type"]).value
        for message in unusable("the variable", type_):
            raise PassFailure(op, message)
        if isinstance(type_, ir.RankedTensorType) and not type_.has_static_shape:
            raise PassFailure(op, f"is a variable of {type_}; expected static sizes")
        value = op.attributes["value"] if "value" in op.attributes else None
        if value is None or (as_resource(value) is None and not isinstance(value, _VALUES)):
            raise PassFailure(op, "is a variable without a value; give it one to begin with")
        given = value.type
        if given != type_:
            raise PassFailure(op, f"is a variable of {type_}; expected its value so, not {given}")
        if not isinstance(type_, ir.RankedTensorType):
            type_ = ir.RankedTensorType.get([], type_)
            value = ir.DenseElementsAttr.get_splat(type_, value)
        tensor = ir.RankedTensorType(type_)
        op.attributes["value"] = in_memory(op, value)
        op.attributes["type"] = ir.TypeAttr.get(buffer_type(tensor))
