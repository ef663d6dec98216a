"""Constants: made of any type, and the values of those that a program carries as bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from mlir import ir
from mlir.dialects import arith, func
from mlir.passmanager import PassManager

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.resource_bytes import as_resource, resource_bytes, resource_name
from clawc.passes.ir.value_types import element_type


def constant(type_: ir.Type, value: int | float) -> ir.Value:
    """A constant, splat if `type_` is a vector."""
    element = element_type(type_)
    if isinstance(element, ir.FloatType):
        scalar: ir.Attribute = ir.FloatAttr.get(element, float(value))
    else:
        scalar = ir.IntegerAttr.get(element, int(value))
    if isinstance(type_, ir.VectorType):
        scalar = ir.DenseElementsAttr.get_splat(type_, scalar)
    return constant_from(type_, scalar)


def constant_from(type_: ir.Type, value: ir.Attribute) -> ir.Value:
    """A constant of any type; `arith.ConstantOp` is declared to take Python's numbers only."""
    return ir.Operation.create("arith.constant", [type_], [], {"value": value}).result


def constant_index(value: ir.Value) -> int | None:
    """The number that an integer is, where it is a constant."""
    if isinstance(value.owner, ir.Block) or value.owner.name != "arith.constant":
        return None
    attribute = value.owner.attributes["value"]
    return attribute.value if isinstance(attribute, ir.IntegerAttr) else None


def constant_values(
    op: ir.Operation, resources: Mapping[str, memoryview] = {}
) -> tuple[str, tuple[int, ...], memoryview]:
    """The element type, the shape and the bytes of a `memref.global` or an `ml_program.global`; of
    a resource those of `resources`, if they are there."""
    value = op.attributes["initial_value" if "initial_value" in op.attributes else "value"]
    type_ = ir.MemRefType(ir.TypeAttr(op.attributes["type"]).value)
    dtype, shape = str(type_.element_type), tuple(type_.shape)
    if isinstance(value, ir.DenseElementsAttr):
        return dtype, shape, _dense(value, dtype)
    if (resource := as_resource(value)) is not None:
        known = resources.get(resource_name(resource))
        return dtype, shape, resource_bytes(op) if known is None else known
    raise PassFailure(op, f"has values of an unknown form: {str(value)[:60]}; expected dense")


def _dense(value: ir.DenseElementsAttr, dtype: str) -> memoryview:
    if dtype == "bf16":  # not known to the buffer protocol
        value = _as_integers(value)
    values = np.ascontiguousarray(np.array(value)).reshape(-1)
    return values.view(np.uint8).data.toreadonly()


def _as_integers(value: ir.DenseElementsAttr) -> ir.DenseElementsAttr:
    """16-bit values as their bits: folding a bitcast does that."""
    with ir.Location.unknown(value.context):
        short = ir.IntegerType.get_signless(16)
        type_ = ir.RankedTensorType.get(ir.ShapedType(value.type).shape, short)
        module = ir.Module.create()
        with ir.InsertionPoint(module.body):
            function = func.FuncOp("bits", ir.FunctionType.get([], [type_]))
            with ir.InsertionPoint(function.add_entry_block()):
                constant = constant_from(value.type, value)
                func.ReturnOp([arith.bitcast(type_, constant)])
        PassManager.parse("builtin.module(canonicalize)").run(module.operation)
        folded = module.body.operations[0].regions[0].blocks[0].operations[0]
        return ir.DenseElementsAttr(folded.attributes["value"])
