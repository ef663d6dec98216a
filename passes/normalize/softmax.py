"""linalg.softmax as four generics: the largest value, exponentials, their sum, quotients."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg, math

from clawc.passes.normalize.build import apply, empty, size_of


def lower_softmax(op: ir.OpView) -> ir.Value:
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
