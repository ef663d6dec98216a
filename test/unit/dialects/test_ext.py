"""Dialects declared as Python classes: accessors, builders, registration.

Covers: dialects/claw.py, claw_op.py, attributes.py, violations.py.
"""

from __future__ import annotations

import pytest
from mlir import ir

from clawc.dialects.claw import CLAW, BroadcastOp, LayerNormOp, ReduceOp, UnaryOp
from clawc.dialects.violations import violations


@pytest.fixture
def context() -> ir.Context:
    made = ir.Context()
    CLAW.load(made)
    return made


def single(context: ir.Context, arguments: str, operation: str) -> tuple[ir.OpView, ir.Module]:
    """The operation, and the module that must live as long."""
    text = f"func.func @f({arguments}) {{\n  {operation}\n  return\n}}\n"
    module = ir.Module.parse(text, context)
    return module.body.operations[0].regions[0].blocks[0].operations[0], module


def test_loading_twice_is_harmless(context: ir.Context) -> None:
    CLAW.load(context)


def test_accessors_give_python_values(context: ir.Context) -> None:
    op, _module = single(
        context,
        "%x: tensor<4x8xf32>",
        '%0 = "claw.reduce"(%x) {kind = "sum", axes = [1], keepdims} :'
        " (tensor<4x8xf32>) -> tensor<4x1xf32>",
    )
    assert isinstance(op, ReduceOp)
    assert (op.kind, op.axes, op.keepdims) == ("sum", [1], True)
    assert op.input.type.shape == [4, 8] and op.out.type.shape == [4, 1]


def test_attributes_left_out_have_their_default(context: ir.Context) -> None:
    op, _module = single(
        context,
        "%x: tensor<4xf32>",
        '%0 = "claw.layer_norm"(%x) : (tensor<4xf32>) -> tensor<4xf32>',
    )
    assert isinstance(op, LayerNormOp)
    assert (op.axis, op.eps, op.scale, op.bias) == (-1, 1e-5, None, None)


@pytest.mark.parametrize(
    "axes", ["array<i64: 0, 1>", "array<i32: 0, 1>", "[0, 1]", "[0 : i8, 1 : index]"]
)
def test_lists_of_integers_have_several_spellings(context: ir.Context, axes: str) -> None:
    operation = (
        f'%0 = "claw.reduce"(%x) {{kind = "sum", axes = {axes}}} : (tensor<4x8xf32>) -> tensor<f32>'
    )
    op, _module = single(context, "%x: tensor<4x8xf32>", operation)
    assert isinstance(op, ReduceOp) and op.axes == [0, 1]


def test_variadic_operands(context: ir.Context) -> None:
    op, _module = single(
        context,
        "%x: tensor<1xf32>, %m: index, %n: index",
        '%0 = "claw.broadcast"(%x, %m, %n) : (tensor<1xf32>, index, index) -> tensor<?x?xf32>',
    )
    assert isinstance(op, BroadcastOp) and len(op.sizes) == 2 and op.unknown == [0, 1]


def test_operations_are_built_from_python_values(context: ir.Context) -> None:
    with context, ir.Location.unknown():
        module = ir.Module.parse("func.func @f(%x: tensor<4x8xf32>) { return }")
        block = module.body.operations[0].regions[0].blocks[0]
        x = block.arguments[0]
        with ir.InsertionPoint.at_block_begin(block):
            total = ReduceOp.build(
                x, results=[ir.Type.parse("tensor<4xf32>")], kind="sum", axes=[1]
            )
            op = UnaryOp.build(total.out, results=[total.out.type], kind="elu", alpha=0.5)
        assert op.alpha == 0.5 and op.kind == "elu"
        assert module.operation.verify()
        assert not list(violations(module))


def test_the_dialect_is_written_as_irdl() -> None:
    text = CLAW.irdl()
    assert text.startswith("irdl.dialect @claw {")
    assert text.count("irdl.operation @") == len(CLAW.ops)
    with ir.Context():
        assert ir.Module.parse(text).operation.verify()
