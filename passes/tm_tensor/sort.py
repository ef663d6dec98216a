"""tm_tensor.sort as claw.sort, or merged by a region of its own kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith

from clawc.dialects.order_ops import SortOp
from clawc.dialects.shapes import rank, tensor_type
from clawc.passes.claw_to_linalg.build import Builder, constant
from clawc.passes.claw_to_linalg.merge import Before, merge_sorted
from clawc.passes.tm_tensor.operation import TmOp
from clawc.passes.tm_tensor.region import inlined, order


def convert_sort(op: TmOp, build: Builder) -> list[ir.Value]:
    """By the operand that the region compares; the others are carried along."""
    op.expect_operands([0], None, len(op.outs))
    op.expect(len(op.outs) > 0, "at least one init")
    axis = op.axis(rank(op.outs[0]))
    scalars = [tensor_type(value).element_type for value in op.outs for _ in range(2)]
    block = op.block(scalars, ir.IntegerType.get_signless(1))
    found = order(block)
    numbers = list(range(len(op.outs)))
    if found is None:
        return merge_sorted(build, op.outs, axis, strictly(inlined(block)))
    numbers.insert(0, numbers.pop(found.operand))
    operands = [op.outs[i] for i in numbers]
    types = [value.type for value in operands]
    made = SortOp.build(*operands, results=types, axis=axis, descending=found.descending)
    op.check(made)
    results = dict(zip(numbers, made.operation.results, strict=True))
    return [results[i] for i in range(len(op.outs))]


def strictly(comes: Callable[..., ir.Value]) -> Before:
    """Whether a place `comes` before another and not also behind it, as equal ones may."""

    def before(a: Sequence[ir.Value], b: Sequence[ir.Value]) -> ir.Value:
        behind = comes(*_paired(b, a))
        true = constant(ir.IntegerType.get_signless(1), 1)
        return arith.andi(comes(*_paired(a, b)), arith.xori(behind, true))

    return before


def _paired(a: Sequence[ir.Value], b: Sequence[ir.Value]) -> list[ir.Value]:
    """The arguments of a region that takes two of each operand."""
    return [scalar for pair in zip(a, b, strict=True) for scalar in pair]
