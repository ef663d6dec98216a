"""Long sums in blocks: a block's sum starts from zero, and what its addition to the others rounds
off is kept and added last.

A sum of n terms, one after the other, may be off by n roundings; this one by those of a block, and
two more (Higham, 2002, chapter 4: blocks in section 4.2, compensation in section 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, scf

from clawc.passes.vectorize.sums import Reduction
from clawc.passes.vectorize.values import element_of, index, splat

BLOCK = 8  # chunks
Vectors = list[ir.Value]
Chunks = Callable[[ir.Value, ir.Value, Vectors], Vectors]


def is_long(loop: ir.Operation) -> bool:
    """Whether a loop has, or may have, more chunks than two blocks."""
    lower, upper, step = (_constant(v) for v in list(loop.operands)[:3])
    if lower is None or upper is None or step is None:
        return True
    return upper - lower > 2 * BLOCK * step


def in_blocks(
    bounds: tuple[ir.Value, ir.Value, ir.Value],
    vectors: Vectors,
    sums: Sequence[Reduction | None],
    chunks: Chunks,
) -> Vectors:
    """What `chunks(first, end, vectors)` carries from the first of the bounds to the second; each
    of `sums` is begun anew in every block, what has none is carried through."""
    lower, upper, step = bounds
    block = arith.muli(step, index(BLOCK))
    rounded = arith.addi(arith.subi(upper, lower), arith.subi(block, index(1)))
    count = arith.divui(rounded, block)
    lost = [s.start() for s in sums if s is not None]
    outer = scf.ForOp(index(0), count, index(1), [*vectors, *lost])
    with ir.InsertionPoint(outer.body):
        first = arith.addi(lower, arith.muli(outer.induction_variable, block))
        # Unsigned: the sum may pass what an index holds with a sign.
        end = arith.minui(arith.addi(first, block), upper)
        before = list(outer.inner_iter_args)
        begun = [v if s is None else s.start() for s, v in zip(sums, before, strict=False)]
        after = chunks(first, end, begun)
        left = before[len(sums) :]
        for i, total in enumerate(sums):
            if total is not None:
                after[i], rest = _added(before[i], after[i])
                left.append(arith.addf(left.pop(0), rest))
        scf.yield_([*after, *left])
    results = list(outer.results)
    vectors, lost = results[: len(sums)], results[len(sums) :]
    return [
        v if s is None else _completed(v, lost.pop(0)) for s, v in zip(sums, vectors, strict=True)
    ]


def _added(a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The rounded sum, and what the rounding took from it, exactly (Knuth's TwoSum)."""
    total = arith.addf(a, b)
    of_b = arith.subf(total, a)
    of_a = arith.subf(total, of_b)
    return total, arith.addf(arith.subf(a, of_a), arith.subf(b, of_b))


def _completed(total: ir.Value, lost: ir.Value) -> ir.Value:
    """With what was lost; that is no number where the sum is infinite or none itself."""
    shape = ir.VectorType(total.type).shape if isinstance(total.type, ir.VectorType) else []
    is_number = arith.cmpf(arith.CmpFPredicate.ORD, lost, lost)
    zero = splat(shape, element_of(total.type), 0)
    return arith.addf(total, arith.select(is_number, lost, zero))


def _constant(value: ir.Value) -> int | None:
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.name != "arith.constant":
        return None
    return ir.IntegerAttr(owner.attributes["value"]).value
