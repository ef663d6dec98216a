"""legalize-extended-arith: long products and carries in ordinary arithmetic.

Intel's OpenCL runtime has no OpUMulExtended, OpSMulExtended and OpIAddCarry of vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith
from mlir.rewrite import PatternRewriter

from clawc.passes.framework.base import RewritePass
from clawc.passes.ir.constants import constant
from clawc.passes.ir.value_types import element_type


def carried_sum(a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The sum, and whether it did not fit."""
    total = arith.addi(a, b)
    return total, arith.cmpi(arith.CmpIPredicate.ult, total, a)


def unsigned_product(a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The lower and the upper half."""
    return arith.muli(a, b), _high_product(a, b)


def signed_product(a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """As if unsigned, which takes a negative operand for 2^width more than it is."""
    low, high = unsigned_product(a, b)
    for negative, other in ((a, b), (b, a)):
        sign = arith.shrsi(negative, constant(negative.type, _width(negative) - 1))
        high = arith.subi(high, arith.andi(sign, other))
    return low, high


def lower_carry(op: arith.AddUIExtendedOp, rewriter: PatternRewriter) -> None:
    with rewriter.ip, op.location:
        results = carried_sum(op.lhs, op.rhs)
    rewriter.replace_op(op, list(results))


def lower_unsigned_product(op: arith.MulUIExtendedOp, rewriter: PatternRewriter) -> None:
    with rewriter.ip, op.location:
        results = unsigned_product(op.lhs, op.rhs)
    rewriter.replace_op(op, list(results))


def lower_signed_product(op: arith.MulSIExtendedOp, rewriter: PatternRewriter) -> None:
    with rewriter.ip, op.location:
        results = signed_product(op.lhs, op.rhs)
    rewriter.replace_op(op, list(results))


def _width(value: ir.Value) -> int:
    return ir.IntegerType(element_type(value.type)).width


def _high_product(a: ir.Value, b: ir.Value) -> ir.Value:
    """The upper half of an unsigned product, from products of halves, which do not overflow."""
    half = constant(a.type, _width(a) // 2)
    lower = constant(a.type, (1 << (_width(a) // 2)) - 1)
    (a0, a1), (b0, b1) = ((arith.andi(x, lower), arith.shrui(x, half)) for x in (a, b))
    carried = arith.shrui(arith.muli(a0, b0), half)
    first = arith.addi(arith.muli(a1, b0), carried)
    second = arith.addi(arith.muli(a0, b1), arith.andi(first, lower))
    upper = arith.addi(arith.muli(a1, b1), arith.shrui(first, half))
    return arith.addi(upper, arith.shrui(second, half))


@dataclass(frozen=True)
class LegalizeExtendedArith(RewritePass):
    """Compute the upper half of a product, and a carry, with operations on the type itself.

    %sum, %carry = arith.addui_extended %a, %b : i32, i1
    ->
    %sum = arith.addi %a, %b : i32   %carry = arith.cmpi ult, %sum, %a : i32
    """

    name = "legalize-extended-arith"
    patterns = (
        (arith.AddUIExtendedOp, lower_carry),
        (arith.MulUIExtendedOp, lower_unsigned_product),
        (arith.MulSIExtendedOp, lower_signed_product),
    )
