"""What is known of the integers in a program: the least and the largest value of each.

A size of a tensor is below 2^31, as no buffer of a kernel has more elements where indices have 32
bits; where they have 64, nothing depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mlir import ir

from clawc.chips.chip import MOST_ELEMENTS
from clawc.passes.arithmetic.sizes import loop_size

LARGEST_SIZE = MOST_ELEMENTS[32]


@dataclass(frozen=True)
class Range:
    """The integers from `low` to `high`, both included."""

    low: int
    high: int

    def within(self, other: Range) -> bool:
        return other.low <= self.low and self.high <= other.high

    def __or__(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high))


def of_bits(bits: int) -> Range:
    """All values of so many bits, one of them the sign."""
    return Range(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


SIZES = Range(0, LARGEST_SIZE)
_Operands = list[Range]
_Rule = Callable[[_Operands], "Range | None"]


def bits_of(type_: ir.Type) -> int:
    """The bits of an integer; an index is computed with 64."""
    return type_.width if isinstance(type_, ir.IntegerType) else 64


class Ranges:
    """The ranges of values; what was found is kept, so that each is looked at once."""

    def __init__(self) -> None:
        self._known: dict[ir.Value, Range] = {}

    def of(self, value: ir.Value) -> Range:
        """The range of an integer or index value."""
        pending = [value]
        while pending:  # no recursion: chains may be long
            top = pending[-1]
            missing = [v for v in _sources(top) if v not in self._known]
            if top in self._known or not missing:
                self._known.setdefault(top, self._found(top))
                pending.pop()
            else:
                pending += missing
        return self._known[value]

    def _found(self, value: ir.Value) -> Range:
        everything = of_bits(bits_of(value.type))
        if isinstance(value.owner, ir.Block):
            return _of_argument(ir.BlockArgument(value)) or everything
        op = value.owner.operation
        if op.name in _LEAVES:
            found = _LEAVES[op.name](op)
        elif op.name in _RULES:
            found = _RULES[op.name]([self._known[v] for v in _sources(value)])
        else:
            found = None
        return found if found is not None and found.within(everything) else everything


def _sources(value: ir.Value) -> list[ir.Value]:
    """The values whose ranges decide that of `value`."""
    if isinstance(value.owner, ir.Block):
        return []
    op = value.owner.operation
    if op.name not in _RULES:
        return []
    return list(op.operands)[1:] if op.name == "arith.select" else list(op.operands)


def _of_argument(argument: ir.BlockArgument) -> Range | None:
    """The index of a dimension, which bodies of tensor operations have as arguments."""
    owner = argument.owner.owner.operation
    if owner.name not in ("tensor.generate", "tensor.pad"):
        return None
    size = ir.RankedTensorType(owner.results[0].type).shape[argument.arg_number]
    return Range(0, (size if size >= 0 else LARGEST_SIZE) - 1)


def _constant(op: ir.Operation) -> Range | None:
    attribute = op.attributes["value"]
    if not isinstance(attribute, ir.IntegerAttr):
        return None
    return Range(attribute.value, attribute.value)


def _index(op: ir.Operation) -> Range:
    size = loop_size(op)
    return Range(0, (LARGEST_SIZE if size is None else size) - 1)


_LEAVES: dict[str, Callable[[ir.Operation], Range | None]] = {
    "arith.constant": _constant,
    "linalg.index": _index,
    "tensor.dim": lambda op: SIZES,
}


def _sum(x: _Operands) -> Range:
    return Range(x[0].low + x[1].low, x[0].high + x[1].high)


def _difference(x: _Operands) -> Range:
    return Range(x[0].low - x[1].high, x[0].high - x[1].low)


def _product(x: _Operands) -> Range:
    ends = [a * b for a in (x[0].low, x[0].high) for b in (x[1].low, x[1].high)]
    return Range(min(ends), max(ends))


def _quotient(x: _Operands, rounding: int = 0) -> Range | None:
    """By what is positive, and at most one more where it is rounded up."""
    if x[1].low < 1:
        return None
    ends = [
        abs(a) // b * (-1 if a < 0 else 1)
        for a in (x[0].low, x[0].high)
        for b in (x[1].low, x[1].high)
    ]
    return Range(min(ends) - max(0, -rounding), max(ends) + max(0, rounding))


def _unsigned(rule: _Rule) -> _Rule:
    """`rule` where the operands are not negative: there signs make no difference."""
    return lambda x: rule(x) if all(each.low >= 0 for each in x) else None


def _remainder(x: _Operands) -> Range | None:
    if x[1].low < 1:
        return None
    most = x[1].high - 1
    return Range(
        max(x[0].low, -most) if x[0].low < 0 else 0, min(x[0].high, most) if x[0].high > 0 else 0
    )


def _unsigned_remainder(x: _Operands) -> Range | None:
    """Below the divisor, whatever the other operand is."""
    return Range(0, x[1].high - 1) if x[1].low >= 1 else None


def _unsigned_least(x: _Operands) -> Range | None:
    """Not above what is not negative."""
    tops = [each.high for each in x if each.low >= 0]
    if len(tops) == len(x):
        return _least(x)
    return Range(0, min(tops)) if tops else None


def _least(x: _Operands) -> Range:
    return Range(min(x[0].low, x[1].low), min(x[0].high, x[1].high))


def _largest(x: _Operands) -> Range:
    return Range(max(x[0].low, x[1].low), max(x[0].high, x[1].high))


def _and(x: _Operands) -> Range | None:
    tops = [each.high for each in x if each.low >= 0]
    return Range(0, min(tops)) if tops else None


def _same(x: _Operands) -> Range:
    return x[0]


_RULES: dict[str, _Rule] = {
    "arith.addi": _sum,
    "arith.subi": _difference,
    "arith.muli": _product,
    "arith.divsi": _quotient,
    "arith.divui": _unsigned(_quotient),
    "arith.floordivsi": partial(_quotient, rounding=-1),
    "arith.ceildivsi": partial(_quotient, rounding=1),
    "arith.ceildivui": _unsigned(partial(_quotient, rounding=1)),
    "arith.remsi": _remainder,
    "arith.remui": _unsigned_remainder,
    "arith.minsi": _least,
    "arith.maxsi": _largest,
    "arith.minui": _unsigned_least,
    "arith.maxui": _unsigned(_largest),
    "arith.andi": _and,
    "arith.select": lambda x: x[0] | x[1],
    "arith.index_cast": _same,
    "arith.extsi": _same,
    "arith.trunci": _same,  # where it does not fit, all values of the type
    "arith.extui": _unsigned(_same),
    "arith.index_castui": _unsigned(_same),
}
