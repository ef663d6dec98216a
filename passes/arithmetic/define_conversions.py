"""define-conversions: numbers that do not fit saturate, and what is rounded is rounded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith

from clawc.passes.arithmetic.bodies import bodies
from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant

_F = arith.CmpFPredicate
_I = arith.CmpIPredicate
_EXACT_BITS = 24  # of an integer that f32 holds
# From where on an integer's lower bits may be put together in one: there are so many of them that
# neither the last bit of bf16 nor the half of it is among them, and those above fit into f32.
_BELOW = ((24, 16), (39, 31), (54, 46))  # (magnitudes from 2^this, bits)


@dataclass(frozen=True)
class DefineConversions(Pass):
    """In bodies.  A float beyond an integer's range becomes the nearest that there is, a NaN 0, as
    LLVM's fptosi.sat has it.  What code generators convert in two steps, each with its own rounding
    (integers and f64 to bf16, f64 to f16), goes through an f32 that does not lose the way to round:
    the first step keeps in the last bit whether anything was cut off (rounding to odd; Boldo and
    Melquiond, 2008).

    Before:

        %i = arith.fptosi %x : f32 to i8
        %b = arith.sitofp %k : i32 to bf16

    After:

        %t = arith.fptosi %x : f32 to i8
        %i = ... // 127 from 128 on, -128 below that, 0 for a NaN, else %t
        %s = ... // %k; if large, with 2^15 for all lower bits
        %f = arith.sitofp %s : i32 to f32
        %b = arith.truncf %f : f32 to bf16
    """

    name: ClassVar[str] = "define-conversions"

    def run(self, module: ir.Module) -> None:
        for _, body in bodies(module):
            for op in body:
                convert = _CONVERSIONS.get(op.name)
                if convert is None:
                    continue
                with ir.InsertionPoint(op), op.location:
                    new = convert(op.operands[0], op.results[0].type)
                if new is not None:
                    op.results[0].replace_all_uses_with(new)
                    op.erase()


def _to_signed(x: ir.Value, target: ir.Type) -> ir.Value:
    bits = ir.IntegerType(target).width
    x = _at_least_single(x)
    limit = 2.0 ** (bits - 1)
    inside = arith.fptosi(target, x)
    below = arith.cmpf(_F.OLT, x, constant(x.type, -limit))
    inside = arith.select(below, constant(target, -(1 << (bits - 1))), inside)
    return _up_to(inside, x, limit, (1 << (bits - 1)) - 1)


def _to_unsigned(x: ir.Value, target: ir.Type) -> ir.Value:
    bits = ir.IntegerType(target).width
    x = _at_least_single(x)
    inside = arith.fptoui(target, x)
    below = arith.cmpf(_F.OLT, x, constant(x.type, 0.0))
    inside = arith.select(below, constant(target, 0), inside)
    return _up_to(inside, x, 2.0**bits, -1)


def _up_to(inside: ir.Value, x: ir.Value, limit: float, largest: int) -> ir.Value:
    """`inside` where x is below `limit`, 0 for a NaN."""
    above = arith.cmpf(_F.OGE, x, constant(x.type, limit))
    saturated = arith.select(above, constant(inside.type, largest), inside)
    return arith.select(arith.cmpf(_F.UNO, x, x), constant(inside.type, 0), saturated)


def _at_least_single(x: ir.Value) -> ir.Value:
    """In a type that has the limits of all integers."""
    return x if ir.FloatType(x.type).width >= 32 else arith.extf(ir.F32Type.get(), x)


def _from_signed(x: ir.Value, target: ir.Type) -> ir.Value | None:
    return _from_integer(x, target, arith.sitofp, signed=True)


def _from_unsigned(x: ir.Value, target: ir.Type) -> ir.Value | None:
    return _from_integer(x, target, arith.uitofp, signed=False)


def _from_integer(
    x: ir.Value, target: ir.Type, to_float: Callable[..., ir.Value], signed: bool
) -> ir.Value | None:
    if not isinstance(target, ir.BF16Type):
        return None
    if ir.IntegerType(x.type).width > _EXACT_BITS:
        x = _with_lower_bits_as_one(x, signed)
    return arith.truncf(target, to_float(ir.F32Type.get(), x))


def _with_lower_bits_as_one(x: ir.Value, signed: bool) -> ir.Value:
    """Of a large integer, the bits that bf16 and f32 both lose as one: the middle between the two
    multiples that it lies between, so that it rounds as `x` does."""
    width = ir.IntegerType(x.type).width
    magnitude = x
    if signed:  # of a negative number the complement, which has its bits
        magnitude = arith.xori(x, arith.shrsi(x, constant(x.type, width - 1)))
    lower = constant(x.type, 0)
    for start, bits in _BELOW:
        if start < width:
            large = arith.cmpi(_I.uge, magnitude, constant(x.type, 1 << start))
            lower = arith.select(large, constant(x.type, (1 << bits) - 1), lower)
    lost = arith.andi(x, lower)
    one = constant(x.type, 1)
    middle = arith.shrui(arith.addi(lower, one), one)
    any_lost = arith.cmpi(_I.ne, lost, constant(x.type, 0))
    kept = arith.subi(x, lost)
    return arith.select(any_lost, arith.addi(kept, middle), kept)


def _truncated(x: ir.Value, target: ir.Type) -> ir.Value | None:
    narrow = isinstance(target, (ir.BF16Type, ir.F16Type))
    if not (narrow and isinstance(x.type, ir.F64Type)):
        return None
    return arith.truncf(target, rounded_to_odd(x))


def rounded_to_odd(x: ir.Value) -> ir.Value:
    """The f32 that `x` is, or of its two neighbours the one whose last bit is set."""
    single, bits = ir.F32Type.get(), ir.IntegerType.get_signless(32)
    nearest = arith.truncf(single, x)
    back = arith.extf(x.type, nearest)
    pattern = arith.bitcast(bits, nearest)
    one = constant(bits, 1)
    is_even = arith.cmpi(_I.eq, arith.andi(pattern, one), constant(bits, 0))
    inexact = arith.cmpf(_F.ONE, back, x)  # not of a NaN
    # Patterns grow with magnitudes: away from zero is up.
    negative = arith.cmpi(_I.slt, pattern, constant(bits, 0))
    short = arith.cmpf(_F.OLT, back, x)
    step = arith.select(arith.xori(short, negative), one, constant(bits, -1))
    odd = arith.addi(pattern, step)
    chosen = arith.select(arith.andi(is_even, inexact), odd, pattern)
    return arith.bitcast(single, chosen)


_CONVERSIONS: dict[str, Callable[[ir.Value, ir.Type], ir.Value | None]] = {
    "arith.fptosi": _to_signed,
    "arith.fptoui": _to_unsigned,
    "arith.sitofp": _from_signed,
    "arith.uitofp": _from_unsigned,
    "arith.truncf": _truncated,
}
