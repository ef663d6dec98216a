"""split-pairs: operations of two results become operations of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, math

from clawc.passes.arithmetic.bodies import bodies
from clawc.passes.framework.base import Pass
from clawc.passes.legalize.legalize_extended_arith import (
    carried_sum,
    signed_product,
    unsigned_product,
)


def _product_of_bits(a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """(-1) * (-1) is 1 as well: with or without signs, the upper bit is never set."""
    return arith.andi(a, b), arith.xori(a, a)


def _carried_bit(a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    return arith.xori(a, b), arith.andi(a, b)


_Pair = tuple[ir.Value, ir.Value]
_PAIRS: dict[str, Callable[..., _Pair]] = {
    "math.sincos": lambda x: (math.sin(x), math.cos(x)),
    "arith.addui_extended": carried_sum,
    "arith.mului_extended": unsigned_product,
    "arith.mulsi_extended": signed_product,
}
_OF_BITS: dict[str, Callable[..., _Pair]] = {
    "arith.addui_extended": _carried_bit,
    "arith.mului_extended": _product_of_bits,
    "arith.mulsi_extended": _product_of_bits,
}


@dataclass(frozen=True)
class SplitPairs(Pass):
    """In bodies: sums with their carry, long products, sines with cosines.

    Before:

        %sum, %carry = arith.addui_extended %a, %b : i32, i1

    After:

        %sum = arith.addi %a, %b : i32
        %carry = arith.cmpi ult, %sum, %a : i32
    """

    name: ClassVar[str] = "split-pairs"

    def run(self, module: ir.Module) -> None:
        for _, body in bodies(module):
            for op in body:
                if op.name in _PAIRS:
                    _split(op)


def _split(op: ir.Operation) -> None:
    type_ = op.operands[0].type
    bits = isinstance(type_, ir.IntegerType) and type_.width == 1
    with ir.InsertionPoint(op), op.location:
        new = (_OF_BITS if bits else _PAIRS)[op.name](*op.operands)
    for old, value in zip(op.results, new, strict=True):
        old.replace_all_uses_with(value)
    op.erase()
