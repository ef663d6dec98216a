"""booleans-to-logic: arithmetic of truth values as logic, which every chip has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, math

from clawc.passes.arithmetic.bodies import bodies
from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant

_Logic = Callable[..., ir.Value]


def _not(a: ir.Value) -> ir.Value:
    return arith.xori(a, constant(a.type, 1))


def _and_not(a: ir.Value, b: ir.Value) -> ir.Value:
    return arith.andi(a, _not(b))


def _or_not(a: ir.Value, b: ir.Value) -> ir.Value:
    return arith.ori(a, _not(b))


def _first(a: ir.Value, _: ir.Value) -> ir.Value:
    return a


def _never(a: ir.Value, _: ir.Value) -> ir.Value:
    return constant(a.type, 0)


# An i1 is 0 or 1 without a sign, 0 or -1 with one.  Quotients by 0 are 0, and -1 / -1 wraps to -1,
# as define-division has it for all widths; a shift by 1 leaves nothing, or the sign.
_OPERATIONS: dict[str, _Logic] = {
    **dict.fromkeys(("arith.addi", "arith.subi"), arith.xori),
    **dict.fromkeys(("arith.muli", "arith.minui", "arith.maxsi"), arith.andi),
    **dict.fromkeys(("arith.maxui", "arith.minsi"), arith.ori),
    **dict.fromkeys(("arith.divui", "arith.ceildivui"), arith.andi),
    **dict.fromkeys(("arith.divsi", "arith.ceildivsi", "arith.floordivsi"), arith.andi),
    **dict.fromkeys(("arith.remui", "arith.remsi"), _never),
    **dict.fromkeys(("arith.shli", "arith.shrui"), _and_not),
    "arith.shrsi": _first,
    "math.absi": lambda a: a,
    "math.ctpop": lambda a: a,
    "math.ctlz": _not,
    "math.cttz": _not,
    "math.ipowi": _or_not,
}
_I = arith.CmpIPredicate
_COMPARISONS: dict[arith.CmpIPredicate, _Logic] = {
    _I.eq: lambda a, b: _not(arith.xori(a, b)),
    _I.ne: arith.xori,
    **dict.fromkeys((_I.ult, _I.sgt), lambda a, b: _and_not(b, a)),
    **dict.fromkeys((_I.ugt, _I.slt), _and_not),
    **dict.fromkeys((_I.ule, _I.sge), lambda a, b: _or_not(b, a)),
    **dict.fromkeys((_I.uge, _I.sle), _or_not),
}
_FROM_FLOATS = ("arith.fptosi", "arith.fptoui")
_ALWAYS = {arith.CmpFPredicate.AlwaysTrue: 1, arith.CmpFPredicate.AlwaysFalse: 0}


@dataclass(frozen=True)
class BooleansToLogic(Pass):
    """In bodies: an i1 is added, multiplied, compared, made from a float by logic.

    Before:

        %s = arith.addi %a, %b : i1
        %t = arith.fptoui %x : f32 to i1

    After:

        %s = arith.xori %a, %b : i1
        %m = math.absf %x : f32
        %t = arith.cmpf oge, %m, %one : f32

    A float is true if its integer part is not 0, which holds for a NaN no more than for 0.5.
    """

    name: ClassVar[str] = "booleans-to-logic"

    def run(self, module: ir.Module) -> None:
        for _, body in bodies(module):
            for op in body:
                with ir.InsertionPoint(op), op.location:
                    new = _as_logic(op)
                if new is not None:
                    op.results[0].replace_all_uses_with(new)
                    op.erase()


def _as_logic(op: ir.Operation) -> ir.Value | None:
    """What `op` gives, by logic; None if it is no arithmetic of truth values."""
    if op.name == "arith.cmpf":
        predicate = arith.CmpFPredicate(ir.IntegerAttr(op.attributes["predicate"]).value)
        always = _ALWAYS.get(predicate)
        return None if always is None else constant(op.results[0].type, always)
    if len(op.results) != 1 or not len(op.operands) or not _is_bit(op.results[0].type):
        return None
    if op.name in _FROM_FLOATS:
        magnitude = math.absf(op.operands[0])
        return arith.cmpf(arith.CmpFPredicate.OGE, magnitude, constant(magnitude.type, 1.0))
    if not all(_is_bit(v.type) for v in op.operands):
        return None
    if op.name == "arith.cmpi":
        predicate = arith.CmpIPredicate(ir.IntegerAttr(op.attributes["predicate"]).value)
        return _COMPARISONS[predicate](*op.operands)
    logic = _OPERATIONS.get(op.name)
    return None if logic is None else logic(*op.operands)


def _is_bit(type_: ir.Type) -> bool:
    return isinstance(type_, ir.IntegerType) and type_.width == 1
