"""claw-to-linalg: matrix products as contractions."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith

from clawc.dialects.contraction_ops import BatchMatmulOp, MatmulOp
from clawc.dialects.shapes import Label, Labelled, accumulator, tensor_type
from clawc.passes.claw_to_linalg.build import Builder, Sizes


def lower_matmul(op: MatmulOp | BatchMatmulOp, build: Builder) -> ir.Value:
    """A product, summed in the wide type, and a rounding where the result's type differs."""
    sizes, labels = build.agree(op), op.labels()
    product = contract(
        build, (op.lhs, labels["lhs"]), (op.rhs, labels["rhs"]), labels["out"], sizes
    )
    return build.rounded(product, tensor_type(op.out).element_type)


def contract(
    build: Builder, lhs: Labelled, rhs: Labelled, out: Sequence[Label], sizes: Sizes
) -> ir.Value:
    """The sum of products over the dimensions that are not in `out`, in the accumulator's type."""
    element = ir.Type.parse(accumulator(str(tensor_type(lhs[0]).element_type)))
    return build.accumulate([lhs, rhs], out, sizes, element, 0, multiply_add)


def multiply_add(lhs: ir.Value, rhs: ir.Value, sum_: ir.Value) -> ir.Value:
    if isinstance(sum_.type, ir.IntegerType):
        return arith.addi(sum_, arith.muli(lhs, rhs))
    return arith.addf(sum_, arith.mulf(lhs, rhs))
