"""drop-checks-of-data: assertions about elements of tensors go, as no kernel could report them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.normalize.functions import function_blocks


@dataclass(frozen=True)
class DropChecksOfData(Pass):
    """Erase each `cf.assert` in the body of a generic, at any depth.  Assertions about shapes,
    which the host can check before it launches anything, stand outside of bodies and stay.

    Before:

        %r = linalg.generic ... ins(%indices) {
          %ok = arith.cmpi sge, %index, %c0
          cf.assert %ok, "index must be positive"
          %v = tensor.extract %x[%index]
          linalg.yield %v
        }

    After:

        %r = linalg.generic ... ins(%indices) {
          %ok = arith.cmpi sge, %index, %c0
          %v = tensor.extract %x[%index]
          linalg.yield %v
        }
    """

    name: ClassVar[str] = "drop-checks-of-data"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in block.operations:
                if isinstance(op, linalg.GenericOp):
                    _drop_checks(body_of(op))


def _drop_checks(body: ir.Block) -> None:
    for inner in list(body.operations):
        for region in inner.regions:
            for block in region.blocks:
                _drop_checks(block)
        if inner.name == "cf.assert":
            inner.operation.erase()
