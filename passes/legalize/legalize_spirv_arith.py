"""legalize-spirv-arith: expand arithmetic that MLIR's SPIR-V conversion lacks or gets wrong."""

from __future__ import annotations

from dataclasses import dataclass

from mlir.dialects import arith, math
from mlir.rewrite import PatternRewriter

from clawc.passes.framework.base import RewritePass


def lower_remainder(op: arith.RemSIOp, rewriter: PatternRewriter) -> None:
    """The conversion takes absolute values, which the smallest integer has none of."""
    with rewriter.ip, op.location:
        multiple = arith.muli(arith.divsi(op.lhs, op.rhs), op.rhs)
        remainder = arith.subi(op.lhs, multiple)
    rewriter.replace_op(op, [remainder])


def lower_trunc(op: math.TruncOp, rewriter: PatternRewriter) -> None:
    with rewriter.ip, op.location:
        magnitude = math.floor(math.absf(op.operand))
        truncated = math.copysign(magnitude, op.operand)
    rewriter.replace_op(op, [truncated])


@dataclass(frozen=True)
class LegalizeSpirvArith(RewritePass):
    """Leave only arithmetic that the conversion is right about.

    %r = arith.remsi %a, %b : i32
    ->
    %q = arith.divsi %a, %b : i32   %m = arith.muli %q, %b : i32   %r = arith.subi %a, %m : i32
    """

    name = "legalize-spirv-arith"
    patterns = ((arith.RemSIOp, lower_remainder), (math.TruncOp, lower_trunc))
