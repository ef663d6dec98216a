"""The totals of parts: generics that reduce the first dimension, which counts the parts.

Floats are added up as if with twice their bits and rounded once.  With s = 4 Σ|p|,

    large = Σ ((p + s) - s)        rest = Σ (p - ((p + s) - s))        total = large + rest

what is left of p when s has come and gone is a multiple of the last place of s.  Such numbers add
up without rounding, in any order, and what was cut off from p is exact as well (Rump, Ogita and
Oishi, 2008, "Accurate floating-point summation, part I", section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, linalg

_P = arith.CmpFPredicate
Scalars = Sequence[ir.Value]
Body = Callable[[Scalars, Scalars], Scalars]


def over_parts(parts: Scalars, inits: Scalars, body: Body, of_rows: Scalars = ()) -> list[ir.Value]:
    """A generic that reduces the parts onto `inits`; `of_rows` have no such dimension.  The body
    takes the elements of what is read, and those of what was found so far."""
    rank = ir.RankedTensorType(inits[0].type).rank
    rows = [ir.AffineExpr.get_dim(i) for i in range(rank)]
    read = ir.AffineMap.get(rank + 1, 0, [ir.AffineExpr.get_dim(rank), *rows])
    kept = ir.AffineMap.get(rank + 1, 0, rows)
    maps = [read] * len(parts) + [kept] * (len(of_rows) + len(inits))
    kinds = ["parallel"] * rank + ["reduction"]
    return computed([*parts, *of_rows], inits, maps, kinds, body)


def added_up(parts: Scalars, bounds: Scalars, zeros: Scalars) -> list[tuple[ir.Value, ir.Value]]:
    """For each of the `parts` two tensors whose sum is theirs; the bounds are sums of their
    magnitudes.  All are computed in the same loops."""
    count = len(parts)

    def large(part: ir.Value, bound: ir.Value) -> ir.Value:
        """All of the part where the bound is infinite or no number, as the sum may then be."""
        scaled = arith.mulf(bound, arith.constant(part.type, 4.0))
        finite = arith.cmpf(_P.OLT, scaled, arith.constant(part.type, float("inf")))
        return arith.select(finite, arith.subf(arith.addf(part, scaled), scaled), part)

    def rest(part: ir.Value, bound: ir.Value) -> ir.Value:
        kept = large(part, bound)
        cut = arith.cmpf(_P.ONE, kept, part)
        return arith.select(cut, arith.subf(part, kept), arith.constant(part.type, 0.0))

    def summed(term: Callable[[ir.Value, ir.Value], ir.Value]) -> list[ir.Value]:
        def body(x: Scalars, sofar: Scalars) -> list[ir.Value]:
            terms = map(term, x[:count], x[count:])
            return [arith.addf(s, t) for s, t in zip(sofar, terms, strict=True)]

        return over_parts(parts, zeros, body, bounds)

    return list(zip(summed(large), summed(rest), strict=True))


def computed(
    inputs: Scalars,
    inits: Scalars,
    maps: Sequence[ir.AffineMap],
    kinds: Sequence[str],
    body: Body,
) -> list[ir.Value]:
    """A generic with this body."""
    types = [init.type for init in inits]
    made = linalg.GenericOp(types, list(inputs), list(inits), list(maps), list(kinds))
    elements = [ir.RankedTensorType(v.type).element_type for v in (*inputs, *inits)]
    block = made.regions[0].blocks.append(*elements)
    arguments = list(block.arguments)
    with ir.InsertionPoint(block):
        linalg.YieldOp(body(arguments[: len(inputs)], arguments[len(inputs) :]))
    return list(made.results)
