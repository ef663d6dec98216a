"""Slices that passes write, of tensors with and without elements."""

from __future__ import annotations

import pytest
from mlir import ir

from clawc.compiler.context import make_context
from clawc.passes.ir.slices import extract_slice


@pytest.mark.parametrize(
    "type_, sizes, dropped, made, result",
    [
        ("4x?x2", [4, 3, 1], [2], "tensor.extract_slice", "tensor<4x3xf32>"),
        ("0x?x2", [0, 3, 1], [2], "linalg.fill", "tensor<0x3xf32>"),
        ("0x?x2", [0, 3, 1], [], "linalg.fill", "tensor<0x3x1xf32>"),
    ],
)
def test_extract_slice(type_, sizes, dropped, made, result):
    with make_context(), ir.Location.unknown():
        module = ir.Module.create()
        with ir.InsertionPoint(module.body):
            argument = ir.Type.parse(f"tensor<{type_}xf32>")
            source = ir.Operation.create("tensor.empty", [argument], [_three()]).result
            slice_ = extract_slice(source, [0, 0, 0], sizes, dropped)
        assert module.operation.verify()
        assert slice_.owner.name == made
        assert str(slice_.type) == result


def _three() -> ir.Value:
    attribute = ir.IntegerAttr.get(ir.IndexType.get(), 3)
    kind = {"value": attribute}
    return ir.Operation.create("arith.constant", [ir.IndexType.get()], [], kind).result
