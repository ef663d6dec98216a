"""claw-to-linalg: operations on each element as one linalg.generic."""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir
from mlir.dialects import arith

from clawc.dialects.claw_op import ClawOp
from clawc.dialects.elementwise_ops import (
    WITH_ALPHA,
    BinaryOp,
    CastOp,
    CompareOp,
    SelectOp,
    UnaryOp,
)
from clawc.dialects.shapes import tensor_type
from clawc.passes.claw_to_linalg.build import Builder, constant, convert, wide_type
from clawc.passes.claw_to_linalg.scalars import (
    float_binary,
    float_unary,
    integer_binary,
    integer_unary,
)

_F = arith.CmpFPredicate
_I = arith.CmpIPredicate
_FLOAT_COMPARE = {
    "eq": _F.OEQ,
    "ne": _F.UNE,
    "lt": _F.OLT,
    "le": _F.OLE,
    "gt": _F.OGT,
    "ge": _F.OGE,
}
_SIGNED_COMPARE = {
    "eq": _I.eq,
    "ne": _I.ne,
    "lt": _I.slt,
    "le": _I.sle,
    "gt": _I.sgt,
    "ge": _I.sge,
}
_BOOL_COMPARE = _SIGNED_COMPARE | {"lt": _I.ult, "le": _I.ule, "gt": _I.ugt, "ge": _I.uge}


def lower_unary(op: UnaryOp, build: Builder) -> ir.Value:
    alpha = WITH_ALPHA.get(op.kind, 0.0) if op.alpha is None else op.alpha

    def body(x: ir.Value) -> ir.Value:
        if isinstance(x.type, ir.IntegerType):
            return integer_unary(op.kind, x)
        return float_unary(op.kind, alpha, x)

    return _elementwise(op, build, body, wide_type(tensor_type(op.input).element_type))


def lower_binary(op: BinaryOp, build: Builder) -> ir.Value:
    def body(a: ir.Value, b: ir.Value) -> ir.Value:
        binary = integer_binary if isinstance(a.type, ir.IntegerType) else float_binary
        return binary(op.kind, a, b)

    return _elementwise(op, build, body, wide_type(tensor_type(op.lhs).element_type))


def lower_compare(op: CompareOp, build: Builder) -> ir.Value:
    def body(a: ir.Value, b: ir.Value) -> ir.Value:
        if not isinstance(a.type, ir.IntegerType):
            return arith.cmpf(_FLOAT_COMPARE[op.kind], a, b)
        predicates = _BOOL_COMPARE if a.type.width == 1 else _SIGNED_COMPARE
        return arith.cmpi(predicates[op.kind], a, b)

    return _elementwise(op, build, body, wide_type(tensor_type(op.lhs).element_type))


def lower_select(op: SelectOp, build: Builder) -> ir.Value:
    return _elementwise(op, build, arith.select)


def lower_cast(op: CastOp, build: Builder) -> ir.Value:
    target = tensor_type(op.out).element_type
    return _elementwise(op, build, lambda x: cast(x, target))


def _elementwise(
    op: ClawOp, build: Builder, body: Callable[..., ir.Value], wide: ir.Type | None = None
) -> ir.Value:
    sizes, labels = build.agree(op), op.labels()
    inputs = [(v, labels[name]) for name, v in op.tensors().items() if name != "out"]
    return build.compute(inputs, labels["out"], sizes, tensor_type(op.out).element_type, body, wide)


def cast(value: ir.Value, target: ir.Type) -> ir.Value:
    """`value` as `target`, between any two of claw's element types."""
    source = value.type
    from_integer = isinstance(source, ir.IntegerType)
    to_integer = isinstance(target, ir.IntegerType)
    if source == target:
        return value
    if to_integer and target.width == 1:
        zero = constant(source, 0)
        if from_integer:
            return arith.cmpi(_I.ne, value, zero)
        return arith.cmpf(_F.UNE, value, zero)
    if from_integer == to_integer:
        is_bool = from_integer and source.width == 1
        return arith.extui(target, value) if is_bool else convert(value, target)
    if from_integer:
        return _to_float(value, target)
    return arith.fptosi(target, convert(value, wide_type(source)))


def _to_float(value: ir.Value, target: ir.Type) -> ir.Value:
    from_bool = ir.IntegerType(value.type).width == 1
    return (arith.uitofp if from_bool else arith.sitofp)(target, value)
