"""truncate-in-steps: round f64 to f16 by way of f32, which every processor can."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith
from mlir.rewrite import PatternRewriter

from clawc.passes.framework.base import RewritePass
from clawc.passes.ir.value_types import element_type, with_element


def lower_truncf(op: arith.TruncFOp, rewriter: PatternRewriter) -> bool | None:
    """Twice rounded: where f32 lands on a tie of f16, the result is one unit off."""
    source, target = op.operands[0].type, op.results[0].type
    if not isinstance(element_type(source), ir.F64Type):
        return True
    if not isinstance(element_type(target), ir.F16Type):
        return True
    with rewriter.ip, op.location:
        single = arith.truncf(with_element(source, ir.F32Type.get()), op.operands[0])
        rewriter.replace_op(op, [arith.truncf(target, single)])
    return None


@dataclass(frozen=True)
class TruncateInSteps(RewritePass):
    """
    ```mlir
    %r = arith.truncf %x : f64 to f16
    ```
    becomes
    ```mlir
    %s = arith.truncf %x : f64 to f32
    %r = arith.truncf %s : f32 to f16
    ```
    """

    name = "truncate-in-steps"
    patterns = ((arith.TruncFOp, lower_truncf),)
