"""legalize-nan: find NaNs by their bits, for shaders, which may assume that there are none."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith
from mlir.rewrite import PatternRewriter

from clawc.passes.framework.base import RewritePass
from clawc.passes.ir.constants import constant
from clawc.passes.ir.value_types import element_type, with_element

_INFINITY = {16: 0x7C00, 32: 0x7F800000, 64: 0x7FF0000000000000}
_PREDICATE = arith.CmpFPredicate
_WITH_ITSELF = {_PREDICATE.UNE: _PREDICATE.UNO, _PREDICATE.OEQ: _PREDICATE.ORD}


def is_nan(value: ir.Value) -> ir.Value:
    """An i1, or a vector of them."""
    width = ir.FloatType(element_type(value.type)).width
    integer = with_element(value.type, ir.IntegerType.get_signless(width))
    sign_off = constant(integer, (1 << (width - 1)) - 1)
    magnitude = arith.andi(arith.bitcast(integer, value), sign_off)
    return arith.cmpi(arith.CmpIPredicate.ugt, magnitude, constant(integer, _INFINITY[width]))


def lower_unordered(op: arith.CmpFOp, rewriter: PatternRewriter) -> bool | None:
    """Comparisons that only ask for NaNs, `x != x` too; returns True (no match) for all others."""
    predicate = _PREDICATE(ir.IntegerAttr(op.predicate).value)
    if op.lhs == op.rhs:
        predicate = _WITH_ITSELF.get(predicate, predicate)
    if predicate not in (_PREDICATE.UNO, _PREDICATE.ORD):
        return True
    with rewriter.ip, op.location:
        answer = is_nan(op.lhs)
        if op.rhs != op.lhs:
            answer = arith.ori(answer, is_nan(op.rhs))
        if predicate == _PREDICATE.ORD:
            answer = arith.xori(answer, constant(answer.type, 1))
    rewriter.replace_op(op, [answer])


def lower_maximum(op: arith.MaximumFOp, rewriter: PatternRewriter) -> None:
    _select_extreme(op, _PREDICATE.OGT, rewriter)


def lower_minimum(op: arith.MinimumFOp, rewriter: PatternRewriter) -> None:
    _select_extreme(op, _PREDICATE.OLT, rewriter)


def _select_extreme(
    op: arith.MaximumFOp | arith.MinimumFOp,
    predicate: arith.CmpFPredicate,
    rewriter: PatternRewriter,
) -> None:
    """A NaN operand is the result."""
    with rewriter.ip, op.location:
        first = arith.cmpf(predicate, op.lhs, op.rhs)
        keep = arith.ori(first, is_nan(op.lhs))
        other_is_nan = arith.xori(is_nan(op.rhs), constant(keep.type, 1))
        result = arith.select(arith.andi(keep, other_is_nan), op.lhs, op.rhs)
    rewriter.replace_op(op, [result])


@dataclass(frozen=True)
class LegalizeNan(RewritePass):
    """Expand what must be right about NaNs.

    %u = arith.cmpf uno, %a, %a : f32
    ->
    %i = arith.bitcast %a : f32 to i32   %m = arith.andi %i, %c0x7FFFFFFF : i32
    %u = arith.cmpi ugt, %m, %c0x7F800000 : i32
    """

    name = "legalize-nan"
    patterns = (
        (arith.CmpFOp, lower_unordered),
        (arith.MaximumFOp, lower_maximum),
        (arith.MinimumFOp, lower_minimum),
    )
