"""lower-softmax: linalg.softmax as largest values, exponentials, their sums, and quotients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, linalg, math

from clawc.passes.framework.base import Pass
from clawc.passes.normalize.build import apply, empty, size_of
from clawc.passes.normalize.functions import replace_each


@dataclass(frozen=True)
class LowerSoftmax(Pass):
    """`linalg.softmax` becomes four generics.

    Before:

        %r = linalg.softmax dimension(1) ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>)

    After:

        %largest = linalg.generic {maximumf over j} ins(%x) outs(%lowest : tensor<?xf32>)
        %powers = linalg.generic {exp(x - largest)} ins(%x, %largest) outs(%e)
        %total = linalg.generic {addf over j} ins(%powers) outs(%zeros : tensor<?xf32>)
        %r = linalg.generic {divf} ins(%powers, %total) outs(%e)
    """

    name: ClassVar[str] = "lower-softmax"

    def run(self, module: ir.Module) -> None:
        replace_each(module, lambda op: _lower(op) if op.name == "linalg.softmax" else None)


def _lower(op: ir.OpView) -> ir.Value:
    source, init = op.operands[0], op.operands[1]
    dim = ir.IntegerAttr(op.attributes["dimension"]).value
    type_ = ir.RankedTensorType(source.type)
    element, rank = type_.element_type, type_.rank
    full = ir.AffineMap.get_identity(rank)
    rest = [i for i in range(rank) if i != dim]
    row = ir.AffineMap.get(rank, 0, [ir.AffineDimExpr.get(i) for i in rest])
    sizes = [size_of(source, i) for i in rest]
    over = ["reduction" if i == dim else "parallel" for i in range(rank)]
    everywhere = ["parallel"] * rank

    def filled(value: float) -> ir.Value:
        scalar = arith.ConstantOp(element, value).result
        return linalg.fill(scalar, outs=[empty(sizes, element)])

    lowest = filled(float("-inf"))
    largest = apply([source], [full, row], lowest, over, lambda x, m: arith.maximumf(x, m))
    powers = apply(
        [source, largest],
        [full, row, full],
        init,
        everywhere,
        lambda x, m, _: math.exp(arith.subf(x, m)),
    )
    total = apply([powers], [full, row], filled(0.0), over, lambda x, s: arith.addf(x, s))
    return apply(
        [powers, total],
        [full, row, full],
        init,
        everywhere,
        lambda x, s, _: arith.divf(x, s),
    )
