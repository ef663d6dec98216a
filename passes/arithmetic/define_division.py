"""define-division: divisions and shifts by what arith leaves undefined get a defined result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith

from clawc.passes.arithmetic.bodies import bodies
from clawc.passes.arithmetic.ranges import Ranges, bits_of
from clawc.passes.arithmetic.sizes import constant_of
from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant

_I = arith.CmpIPredicate
_QUOTIENTS = ("divsi", "divui", "floordivsi", "ceildivsi", "ceildivui")
_DIVISIONS = frozenset(f"arith.{name}" for name in (*_QUOTIENTS, "remsi", "remui"))
_SHIFTS = frozenset(("arith.shli", "arith.shrui", "arith.shrsi"))


@dataclass(frozen=True)
class DefineDivision(Pass):
    """In bodies: x / 0 and x mod 0 are 0, as NumPy has them; the least integer divided by -1 wraps
    to itself and leaves 0; a shift by the width or more leaves nothing, or the sign.  No value of
    an operand traps, and all chips agree.  What surely divides is left alone.

    Before:

        %q = arith.divsi %x, %y : i32

    After:

        %zero = arith.cmpi eq, %y, %c0 : i32
        %wraps = ... // %y is -1 and %x the least integer
        %bad = arith.ori %zero, %wraps : i1
        %d = arith.select %bad, %c1, %y : i32
        %r = arith.divsi %x, %d : i32
        %q = arith.select %zero, %c0, %r : i32
    """

    name: ClassVar[str] = "define-division"

    def run(self, module: ir.Module) -> None:
        ranges = Ranges()
        for _, body in bodies(module):
            for op in body:
                if op.name in _DIVISIONS:
                    _define_division(op, ranges)
                elif op.name in _SHIFTS:
                    _define_shift(op, ranges)


def _define_division(op: ir.Operation, ranges: Ranges) -> None:
    """By 1 instead of what does not divide: that gives x, and leaves 0."""
    value, divisor = op.operands
    by_zero = not _is_not_zero(divisor, ranges)
    wraps = op.name.endswith("si") and _may_wrap(value, divisor, ranges)
    if not by_zero and not wraps:
        return
    with ir.InsertionPoint(op), op.location:
        conditions: list[ir.Value] = []
        if by_zero:
            conditions.append(arith.cmpi(_I.eq, divisor, constant(divisor.type, 0)))
        if wraps:
            least = constant(value.type, -(1 << (bits_of(value.type) - 1)))
            by_minus_one = arith.cmpi(_I.eq, divisor, constant(divisor.type, -1))
            conditions.append(arith.andi(by_minus_one, arith.cmpi(_I.eq, value, least)))
        bad = arith.ori(*conditions) if len(conditions) == 2 else conditions[0]
        op.operands[1] = arith.select(bad, constant(divisor.type, 1), divisor)
    if by_zero and not op.name.startswith("arith.rem"):
        result = op.results[0]
        with ir.InsertionPoint.after(op), op.location:
            defined = arith.select(conditions[0], constant(result.type, 0), result)
        result.replace_all_uses_except(defined, defined.owner.operation)


def _is_not_zero(divisor: ir.Value, ranges: Ranges) -> bool:
    found = ranges.of(divisor)
    return found.low > 0 or found.high < 0 or _is_replaced(divisor, 0)


def _is_replaced(divisor: ir.Value, number: int) -> bool:
    """Whether it is `select(y == number or ..., 1, y)`, as programs guard themselves."""
    if isinstance(divisor.owner, ir.Block) or divisor.owner.name != "arith.select":
        return False
    condition, instead, otherwise = divisor.owner.operands
    if constant_of(instead) != 1:
        return False
    pending = [condition]
    while pending:
        value = pending.pop()
        if isinstance(value.owner, ir.Block):
            continue
        op = value.owner.operation
        if op.name == "arith.ori":
            pending += op.operands
        elif op.name == "arith.cmpi":
            predicate = _I(ir.IntegerAttr(op.attributes["predicate"]).value)
            if predicate == _I.eq and op.operands[0] == otherwise:
                if constant_of(op.operands[1]) == number:
                    return True
    return False


def _may_wrap(value: ir.Value, divisor: ir.Value, ranges: Ranges) -> bool:
    """Whether a value may be the least integer where the divisor is -1."""
    found = ranges.of(divisor)
    if found.low > -1 or found.high < -1 or _is_replaced(divisor, -1):
        return False
    return ranges.of(value).low == -(1 << (bits_of(value.type) - 1))


def _define_shift(op: ir.Operation, ranges: Ranges) -> None:
    value, count = op.operands
    width = bits_of(value.type)
    found = ranges.of(count)
    if found.low >= 0 and found.high < width:
        return
    with ir.InsertionPoint(op), op.location:
        if op.name == "arith.shrsi":
            op.operands[1] = arith.minui(count, constant(count.type, width - 1))
            return
        fits = arith.cmpi(_I.ult, count, constant(count.type, width))
    result = op.results[0]
    with ir.InsertionPoint.after(op), op.location:
        defined = arith.select(fits, result, constant(result.type, 0))
    result.replace_all_uses_except(defined, defined.owner.operation)
