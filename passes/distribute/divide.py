"""Rounding divisions, which no target has, by those that every target has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith

from clawc.passes.distribute.chunks import element_of


def _constant(like: ir.Value, n: int) -> ir.Value:
    attribute = ir.IntegerAttr.get(element_of(like.type), n)
    if isinstance(like.type, ir.VectorType):
        attribute = ir.DenseElementsAttr.get_splat(like.type, attribute)
    return arith.constant(like.type, attribute)


def _rounded(a: ir.Value, b: ir.Value, up: bool) -> ir.Value:
    """Truncated, and one further where that was the wrong direction and a rest is left."""
    zero = _constant(a, 0)
    quotient, rest = arith.divsi(a, b), arith.remsi(a, b)
    left = arith.cmpi(arith.CmpIPredicate.ne, rest, zero)
    apart = arith.cmpi(arith.CmpIPredicate.slt, arith.xori(a, b), zero)
    if up:
        apart = arith.xori(apart, _constant(apart, 1))
    further = arith.addi(quotient, _constant(a, 1 if up else -1))
    return arith.select(arith.andi(left, apart), further, quotient)


def _ceildivui(a: ir.Value, b: ir.Value) -> ir.Value:
    left = arith.cmpi(arith.CmpIPredicate.ne, arith.remui(a, b), _constant(a, 0))
    one_more = arith.select(left, _constant(a, 1), _constant(a, 0))
    return arith.addi(arith.divui(a, b), one_more)


EXPANDED: dict[str, Callable[[ir.Value, ir.Value], ir.Value]] = {
    "arith.ceildivui": _ceildivui,
    "arith.ceildivsi": lambda a, b: _rounded(a, b, up=True),
    "arith.floordivsi": lambda a, b: _rounded(a, b, up=False),
}


def emit(
    name: str, kind: ir.Type, operands: Sequence[ir.Value], attributes: dict[str, ir.Attribute]
) -> ir.Value:
    """The op `name`, or what stands for it."""
    if name in EXPANDED:
        return EXPANDED[name](*operands)
    return ir.Operation.create(name, [kind], operands, attributes).result
