"""fold-extracts: an element of a tensor that is the same everywhere is read from nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import tensor

from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant, constant_from
from clawc.passes.ir.loops import is_empty, uniform
from clawc.passes.normalize.functions import function_blocks


@dataclass(frozen=True)
class FoldExtracts(Pass):
    """An element of a fill or a splat, seen through views, is its scalar; one of a tensor.empty may
    be anything, and is zero.  So a slice of a fill is a fill, and what is inserted into one needs
    no memory of it.

    Before:

        %f = linalg.fill ins(%s) outs(%e)
        %r = linalg.generic {...} outs(%o) {
          %v = scf.if %inside { yield tensor.extract %x[%i] } else { yield tensor.extract %f[%i] }

    After:

        %r = linalg.generic {...} outs(%o) {
          %v = scf.if %inside { yield tensor.extract %x[%i] } else { yield %s }
    """

    name: ClassVar[str] = "fold-extracts"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in block.operations:
                for extract in _extracts(op.operation):
                    _fold(extract)


def _extracts(op: ir.Operation) -> list[tensor.ExtractOp]:
    """`op`, if it is one, and those in its regions."""
    found: list[tensor.ExtractOp] = []

    def collect(inner: ir.Operation) -> ir.WalkResult:
        view = inner.opview
        if isinstance(view, tensor.ExtractOp):
            found.append(view)
        return ir.WalkResult.ADVANCE

    op.walk(collect, ir.WalkOrder.PRE_ORDER)
    return found


def _fold(op: tensor.ExtractOp) -> None:
    source = uniform(op.tensor)
    if source is None and not is_empty(op.tensor):
        return
    if not isinstance(source, ir.Value):
        with ir.InsertionPoint(op), op.location:
            type_ = op.result.type
            source = constant(type_, 0) if source is None else constant_from(type_, source)
    op.result.replace_all_uses_with(source)
    op.operation.erase()
