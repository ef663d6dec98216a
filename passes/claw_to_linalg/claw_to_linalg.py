"""claw-to-linalg: express claw operations as structured operations of upstream dialects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mlir import ir

from clawc.dialects import claw
from clawc.dialects.shapes import shape
from clawc.dialects.violations import violations
from clawc.passes.claw_to_linalg import (
    attention,
    contractions,
    elementwise,
    reductions,
    reshape,
    scan,
    scatter,
    shapes,
    sort,
    topk,
    windows,
)
from clawc.passes.claw_to_linalg.build import Builder, recast
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.kernel.kernel import hand_schedule_on, has_schedule

_Lowering = Callable[[Any, Builder], ir.Value | Sequence[ir.Value]]
_LOWERINGS: dict[type[ir.OpView], _Lowering] = {
    claw.MatmulOp: contractions.lower_matmul,
    claw.BatchMatmulOp: contractions.lower_matmul,
    claw.UnaryOp: elementwise.lower_unary,
    claw.BinaryOp: elementwise.lower_binary,
    claw.CompareOp: elementwise.lower_compare,
    claw.SelectOp: elementwise.lower_select,
    claw.CastOp: elementwise.lower_cast,
    claw.BroadcastOp: shapes.lower_broadcast,
    claw.TransposeOp: shapes.lower_transpose,
    claw.ReshapeOp: reshape.lower_reshape,
    claw.ConstantOp: shapes.lower_constant,
    claw.IotaOp: shapes.lower_iota,
    claw.ReduceOp: reductions.lower_reduce,
    claw.SoftmaxOp: reductions.lower_softmax,
    claw.LayerNormOp: reductions.lower_layer_norm,
    claw.RmsNormOp: reductions.lower_rms_norm,
    claw.Conv2dOp: windows.lower_conv2d,
    claw.Pool2dOp: windows.lower_pool2d,
    claw.AttentionOp: attention.lower_attention,
    claw.ScatterOp: scatter.lower_scatter,
    claw.ScanOp: scan.lower_scan,
    claw.SortOp: sort.lower_sort,
    claw.TopkOp: topk.lower_topk,
}


@dataclass(frozen=True)
class ClawToLinalg(Pass):
    """Replace every claw operation by linalg, tensor, arith and math operations.

        %0 = claw.unary %x {kind = "relu"} : (tensor<?xf16>) -> tensor<?xf16>

    becomes

        %d = tensor.dim %x, %c0 : tensor<?xf16>
        %e = tensor.empty(%d) : tensor<?xf16>
        %0 = linalg.generic ... ins(%x) outs(%e) {
        ^bb0(%in: f16, %out: f16):
          %1 = arith.extf %in : f16 to f32
          %2 = arith.maximumf %1, %zero : f32
          %3 = arith.truncf %2 : f32 to f16
          linalg.yield %3 : f16
        }

    Arithmetic on f16 and bf16 is done in f32 and rounded once an operation.  Sizes that must
    be equal and are not known to be are compared at run time, by `cf.assert`.  A `claw.schedule` on
    an operation stays with the linalg operations that it becomes.
    """

    name = "claw-to-linalg"

    def run(self, module: ir.Module) -> None:
        for op, message in violations(module):
            raise PassFailure(op, message)
        builder = Builder()
        for op in _claw_operations(module):
            lower = _LOWERINGS.get(type(op.opview))
            if lower is None:
                raise PassFailure(op, "has no lowering to linalg")
            _replace(op, lower, builder)


def _claw_operations(module: ir.Module) -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if op.name.startswith("claw."):
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    return found


def _replace(op: ir.Operation, lower: _Lowering, builder: Builder) -> None:
    scheduled = has_schedule(op)
    if scheduled and isinstance(op.opview, claw.AttentionOp):
        message = "becomes several kernels, which one claw.schedule cannot fit; name them in a file"
        raise PassFailure(op, f"{message} (clawc -schedule)")
    with ir.InsertionPoint(op), op.location:
        before = _linalg_before(op) if scheduled else set()
        lowered = lower(op.opview, builder)
        built = [lowered] if isinstance(lowered, ir.Value) else lowered
        made = [recast(new, shape(old)) for old, new in zip(op.results, built, strict=True)]
        if scheduled:
            for each in _linalg_before(op) - before:
                hand_schedule_on(op, each)
    for old, given, new in zip(op.results, built, made, strict=True):
        if new is not given:
            builder.define(new, builder.sizes(given))
        old.replace_all_uses_with(new)
        builder.forget(old)
    op.erase()


def _linalg_before(op: ir.Operation) -> set[ir.Operation]:
    """The linalg operations in the block of `op`."""
    block = op.block
    return {o.operation for o in block.operations if o.operation.name == "linalg.generic"}
