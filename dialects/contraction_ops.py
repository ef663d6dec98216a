"""Matrix products: `matmul` and `batch_matmul`."""

from __future__ import annotations

from collections.abc import Iterator

from clawc.dialects.claw_op import ClawOp, accumulated_types, expect_element, expect_same_element
from clawc.dialects.ext import Operand, Result
from clawc.dialects.shapes import NUMBERS, element


def _product_types(op: MatmulOp | BatchMatmulOp) -> Iterator[str]:
    yield from expect_element("lhs", op.lhs, NUMBERS)
    yield from expect_same_element("lhs and rhs", op.lhs, op.rhs)
    yield from expect_element("out", op.out, accumulated_types(element(op.lhs)))


class MatmulOp(ClawOp, name="matmul"):
    """`out[m, n] = sum over k of lhs[m, k] * rhs[k, n]`.

    `transpose_lhs` takes lhs as [k, m], `transpose_rhs` takes rhs as [n, k].  f16 and bf16 are
    summed in f32 and give either their own type or f32; i8 and i16 are summed in i32 and give i32.
    Integer sums wrap around.
    """

    lhs: Operand
    rhs: Operand
    transpose_lhs: bool = False
    transpose_rhs: bool = False
    out: Result

    example = "claw.matmul %a, %b : (tensor<4x8xf16>, tensor<8x16xf16>) -> tensor<4x16xf32>"

    def labels(self) -> dict[str, str]:
        lhs = "km" if self.transpose_lhs else "mk"
        rhs = "nk" if self.transpose_rhs else "kn"
        return {"lhs": lhs, "rhs": rhs, "out": "mn"}

    def rules(self) -> Iterator[str]:
        yield from _product_types(self)


class BatchMatmulOp(ClawOp, name="batch_matmul"):
    """`matmul` for each index of a leading batch dimension: [b, m, k] times [b, k, n]."""

    lhs: Operand
    rhs: Operand
    transpose_lhs: bool = False
    transpose_rhs: bool = False
    out: Result

    example = (
        "claw.batch_matmul %a, %b {transpose_rhs} : "
        "(tensor<2x4x8xf32>, tensor<2x16x8xf32>) -> tensor<2x4x16xf32>"
    )

    def labels(self) -> dict[str, str]:
        lhs = "bkm" if self.transpose_lhs else "bmk"
        rhs = "bnk" if self.transpose_rhs else "bkn"
        return {"lhs": lhs, "rhs": rhs, "out": "bmn"}

    def rules(self) -> Iterator[str]:
        yield from _product_types(self)
