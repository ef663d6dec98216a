"""lower-moves: what moves data becomes a generic that reads each element where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import tensor

from clawc.passes.framework.base import Pass
from clawc.passes.normalize.functions import replace_each
from clawc.passes.normalize.moves import LOWERINGS
from clawc.passes.normalize.packs import PACKS
from clawc.passes.normalize.shapes import lower_reshape


@dataclass(frozen=True)
class LowerMoves(Pass):
    """Slices, pads, concatenations and the like become `linalg.generic`.

    Before:

        %p = tensor.pad %x low[1] high[1] { yield %zero } : tensor<?xf32> to tensor<?xf32>

    After:

        %p = linalg.generic {maps = [(i) -> (i)], iterators = ["parallel"]} outs(%empty) {
          %i = linalg.index 0
          %j = arith.subi %i, %c1
          %inside = arith.cmpi ult, %j, %size
          %v = scf.if %inside { yield tensor.extract %x[%j] } else { yield %zero }
          linalg.yield %v
        }
    """

    name: ClassVar[str] = "lower-moves"

    def run(self, module: ir.Module) -> None:
        replace_each(module, _lower)


def _lower(op: ir.OpView) -> ir.Value | None:
    if isinstance(op, tensor.ReshapeOp):
        return lower_reshape(op)
    lower = (LOWERINGS | PACKS).get(type(op))
    return None if lower is None or _is_shape(op) else lower(op)


def _is_shape(op: ir.OpView) -> bool:
    """Whether `op` only says how a reshape cuts its source up."""
    uses = list(op.results[0].uses)
    return bool(uses) and all(
        isinstance(use.owner, tensor.ReshapeOp) and use.operand_number == 1 for use in uses
    )
