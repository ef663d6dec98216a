"""claw-to-linalg: attention as scores, softmax and a weighted sum."""

from __future__ import annotations

import math as pymath
from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, linalg, math

from clawc.dialects.attention_op import AttentionOp
from clawc.dialects.shapes import Label, Labelled, rank, shape, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    Sizes,
    constant,
    convert,
    recast,
    wide_type,
)
from clawc.passes.claw_to_linalg.contractions import contract
from clawc.passes.claw_to_linalg.reductions import element_count, reduce
from clawc.passes.claw_to_linalg.reshape import drop_units, join_axes, split_axis


def lower_attention(op: AttentionOp, build: Builder) -> ir.Value:
    """Two contractions around a softmax; heads that share a key are a dimension of their own."""
    sizes = build.agree(op)
    element = tensor_type(op.out).element_type
    wide = wide_type(element)
    query, batch = _query(op, build, sizes)
    shared = [label for label in batch if label != "g"]
    scores_of, keys = [*batch, "m", "n"], [*shared, "n", "d"]
    products = contract(build, query, (op.key, keys), scores_of, sizes)
    scores = _scores(op, build, (products, scores_of), sizes, wide)
    weights = _weights(build, (scores, scores_of), sizes, element)
    values = (op.value, [*shared, "n", "v"])
    out = [*batch, "m", "v"]
    total = contract(build, (weights, scores_of), values, out, sizes)
    rounded = build.rounded(total, element)
    return join_axes(build, rounded, 1) if "g" in batch else rounded


def _query(op: AttentionOp, build: Builder, sizes: Sizes) -> tuple[Labelled, list[Label]]:
    """The query and its batch dimensions: b, b h, or with shared keys b h g."""
    if op.group == 1:
        batch = list("bh") if rank(op.query) == 4 else ["b"]
        return (op.query, [*batch, "m", "d"]), batch
    sizes |= {"h": shape(op.key)[1], "g": op.group}
    grouped = split_axis(build, op.query, 1, shape(op.key)[1], op.group)
    return (grouped, ["b", "h", "g", "m", "d"]), ["b", "h", "g"]


def _scores(
    op: AttentionOp, build: Builder, products: Labelled, sizes: Sizes, wide: ir.Type
) -> ir.Value:
    """`products * scale + mask`, -inf where a key is not seen."""
    labels = products[1]
    mask = _mask(op, build, sizes)
    position = {label: i for i, label in enumerate(labels)}

    def body(product: ir.Value, *masks: ir.Value) -> ir.Value:
        score = arith.mulf(product, _scale(op, sizes["d"], wide))
        unseen = constant(wide, -pymath.inf)
        for value in masks:
            if isinstance(value.type, ir.IntegerType):
                score = arith.select(value, score, unseen)
            else:
                score = arith.addf(score, convert(value, wide))
        if op.causal:
            row, column = (linalg.IndexOp(position[label]).result for label in "mn")
            seen = arith.cmpi(arith.CmpIPredicate.ule, column, row)
            score = arith.select(seen, score, unseen)
        return score

    return build.compute([products, *mask], labels, sizes, wide, body)


def _mask(op: AttentionOp, build: Builder, sizes: Sizes) -> list[Labelled]:
    """The mask, if there is one, without its stretched dimensions."""
    if op.mask is None:
        return []
    value = op.mask
    labels = list(op.labels()["mask"])
    if op.group > 1 and "h" in labels:
        heads = shape(op.query)[1]
        known = [heads if n == "h" else s for n, s in zip(labels, shape(value), strict=True)]
        at = labels.index("h")
        value = split_axis(build, recast(value, known), at, heads // op.group, op.group)
        labels.insert(at + 1, "g")
    units = [i for i, label in enumerate(labels) if isinstance(label, tuple)]
    kept = [label for label in labels if not isinstance(label, tuple)]
    return [(drop_units(build, value, units), kept)]


def _scale(op: AttentionOp, depth: Size, wide: ir.Type) -> ir.Value:
    if op.scale is not None:
        return constant(wide, op.scale)
    if isinstance(depth, int):
        return constant(wide, depth**-0.5 if depth else 0.0)
    return math.rsqrt(element_count([depth], wide))


def _weights(build: Builder, scores: Labelled, sizes: Sizes, element: ir.Type) -> ir.Value:
    """Softmax over the keys, where a row that sees none gives zeros instead of NaN."""
    value, labels = scores
    wide = tensor_type(value).element_type
    rows: Sequence[Label] = [label for label in labels if label != "n"]
    peak = reduce(build, "max", scores, rows, sizes, wide)

    def power(score: ir.Value, most: ir.Value) -> ir.Value:
        none = arith.cmpf(arith.CmpFPredicate.OEQ, most, constant(wide, -pymath.inf))
        least = arith.select(none, constant(wide, 0), most)
        return math.exp(arith.subf(score, least))

    def share(part: ir.Value, whole: ir.Value) -> ir.Value:
        none = arith.cmpf(arith.CmpFPredicate.OEQ, whole, constant(wide, 0))
        return arith.divf(part, arith.select(none, constant(wide, 1), whole))

    powers = build.compute([scores, (peak, rows)], labels, sizes, wide, power)
    total = reduce(build, "sum", (powers, labels), rows, sizes, wide)
    return build.compute([(powers, labels), (total, rows)], labels, sizes, element, share)
