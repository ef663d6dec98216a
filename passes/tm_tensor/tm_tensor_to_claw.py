"""tm-tensor-to-claw: what torch-mlir says by tm_tensor is said by claw and linalg operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir

from clawc.dialects.shapes import shape
from clawc.dialects.tm_tensor import PREFIX
from clawc.passes.claw_to_linalg.build import Builder, recast
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.tm_tensor.attention import convert_attention
from clawc.passes.tm_tensor.operation import TmOp
from clawc.passes.tm_tensor.scan import convert_scan
from clawc.passes.tm_tensor.scatter import convert_scatter
from clawc.passes.tm_tensor.sort import convert_sort
from clawc.passes.tm_tensor.topk import convert_topk

_CONVERSIONS: dict[str, Callable[[TmOp, Builder], list[ir.Value]]] = {
    "tm_tensor.attention": convert_attention,
    "tm_tensor.scan": convert_scan,
    "tm_tensor.scatter": convert_scatter,
    "tm_tensor.sort": convert_sort,
    "tm_tensor.topk": convert_topk,
}


@dataclass(frozen=True)
class TmTensorToClaw(Pass):
    """A region that is known becomes the kind of a claw operation; any other goes into the body of
    a linalg.generic.

    Before:

        %0 = tm_tensor.scatter {dimension_map = array<i64: 0>} unique_indices(false)
            ins(%updates, %rows : tensor<5xf32>, tensor<5x1xi64>) outs(%x : tensor<8xf32>) {
        ^bb0(%update: f32, %old: f32):
          %1 = arith.addf %old, %update : f32
          tm_tensor.yield %1 : f32
        } -> tensor<8xf32>

    After:

        %0 = claw.scatter %x, %rows, %updates {kind = "sum", dims = array<i64: 0>} : ...
    """

    name: ClassVar[str] = "tm-tensor-to-claw"

    def run(self, module: ir.Module) -> None:
        build = Builder()
        for op in _operations(module):
            convert = _CONVERSIONS.get(op.name)
            if convert is None:
                known = ", ".join(_CONVERSIONS)
                raise PassFailure(op, f"is no operation of tm_tensor that is known: {known}")
            _replace(op, convert, build)


def _operations(module: ir.Module) -> list[ir.Operation]:
    """Each tm_tensor operation, but not what ends its region."""
    found: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if not op.name.startswith(PREFIX):
            return ir.WalkResult.ADVANCE
        found.append(op)
        return ir.WalkResult.SKIP

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    return found


def _replace(
    op: ir.Operation, convert: Callable[[TmOp, Builder], list[ir.Value]], build: Builder
) -> None:
    with ir.InsertionPoint(op), op.location:
        made = convert(TmOp.of(op), build)
        for old, new in zip(op.results, made, strict=True):
            old.replace_all_uses_with(recast(new, shape(old)))
            build.forget(old)
    op.erase()
