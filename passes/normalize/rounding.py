"""Totals that are rounded to a narrower type, once: after the division that makes a mean of them.

A sum of 1,000 numbers of f16 may pass 65504 where their mean does not; and of a sum of f32 that is
rounded, then divided and rounded again, a mean is off by twice as much as it has to be.
"""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.passes.ir.body import body_of
from clawc.passes.normalize.build import apply, empty, size_of


def replace_by_rounded(old: ir.Value, wide: ir.Value) -> None:
    """Replace the result `old` of a reduction by `wide`, the same in a wider type: generics that
    divide its elements by scalars do so in that type, all else takes `wide` rounded.  The place
    where new operations go must be behind `wide`, and before every user."""
    for use in list(old.uses):
        if _divides(use.owner, use.operand_number):
            _divide_in(use.owner.operation, use.operand_number, wide)
    if next(iter(old.uses), None) is not None:
        old.replace_all_uses_with(_rounded(wide, ir.RankedTensorType(old.type).element_type))


def _rounded(value: ir.Value, element: ir.Type) -> ir.Value:
    rank = ir.RankedTensorType(value.type).rank
    out = empty([size_of(value, i) for i in range(rank)], element)
    maps = [ir.AffineMap.get_identity(rank)] * 2
    return apply([value], maps, out, ["parallel"] * rank, lambda x, _: arith.truncf(element, x))


def _divides(user: ir.OpView, operand: int) -> bool:
    """Whether a generic does nothing with the elements of an operand but divide them by scalars."""
    if not isinstance(user, linalg.GenericOp) or operand >= len(user.inputs):
        return False
    block = body_of(user)
    uses = list(block.arguments[operand].uses)
    return bool(uses) and all(
        isinstance(use.owner, arith.DivFOp)
        and use.operand_number == 0
        and use.owner.operation.block == block
        and _is_scalar(use.owner.rhs, block)
        for use in uses
    )


def _is_scalar(value: ir.Value, block: ir.Block) -> bool:
    """Whether it is the same in every iteration."""
    if isinstance(value.owner, ir.Block):
        return value.owner != block
    op = value.owner.operation
    if op.block != block:
        return True
    return op.name.startswith("arith.") and all(_is_scalar(v, block) for v in op.operands)


def _divide_in(user: ir.Operation, operand: int, wide: ir.Value) -> None:
    """Let a generic take `wide` as an operand, and round the quotients."""
    element = ir.RankedTensorType(wide.type).element_type
    user.operands[operand] = wide
    argument = body_of(user).arguments[operand]
    argument.set_type(element)
    for use in list(argument.uses):
        _widen(use.owner, element)


def _widen(division: ir.OpView, element: ir.Type) -> None:
    assert isinstance(division, arith.DivFOp)
    with ir.InsertionPoint(division), division.location:
        quotient = arith.divf(division.lhs, arith.extf(element, division.rhs))
        narrow = arith.truncf(division.result.type, quotient)
    division.result.replace_all_uses_with(narrow)
    division.operation.erase()
