"""widen-indices: index arithmetic that 32 bits do not hold is done in 64, on every chip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, func

from clawc.passes.arithmetic.bodies import bodies
from clawc.passes.arithmetic.ranges import Ranges, bits_of, of_bits
from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant
from clawc.passes.ir.operations import operations_in

_NARROW = of_bits(32)  # what an index of the smallest width holds
_CASTS = ("arith.index_cast", "arith.index_castui")
_SCALAR_DIALECTS = ("arith.", "scf.", "math.")


@dataclass(frozen=True)
class WidenIndices(Pass):
    """In bodies, and in scalars that are computed from a tensor's elements: an index has the bits
    that the chip addresses with, but its values must not depend on the chip.  Where the ranges of
    all values fit in 32 bits, nothing changes; addresses themselves always do.

    Before:

        %p = arith.muli %i, %c1000000007 : index
        %q = arith.remui %p, %c97 : index
        %s = arith.index_cast %q : index to i32

    After:

        %w = arith.index_cast %i : index to i64
        %p = arith.muli %w, %c1000000007_i64 : i64
        %q = arith.remui %p, %c97_i64 : i64
        %s = arith.trunci %q : i64 to i32
    """

    name: ClassVar[str] = "widen-indices"

    def run(self, module: ir.Module) -> None:
        ranges = Ranges()
        for owner, body in list(bodies(module)):
            _widen(body, owner, ranges)
        for function in module.body.operations:
            if isinstance(function, func.FuncOp) and not function.is_external:
                _widen(_computed_from_data(function), None, ranges)


def _computed_from_data(function: func.FuncOp) -> list[ir.Operation]:
    """The scalar operations outside of bodies that depend on elements of tensors."""
    data: set[ir.Value] = set()
    found: list[ir.Operation] = []
    for op in function.body.blocks[0].operations:
        depends = any(v in data for v in op.operands)
        if op.name == "tensor.extract" or op.name.startswith(_SCALAR_DIALECTS) and depends:
            found += [op.operation, *operations_in(op)]
            data.update(op.results)
    return found


def _widen(body: list[ir.Operation], owner: ir.Operation | None, ranges: Ranges) -> None:
    """Compute all indices of `body` in 64 bits, if one of them needs it."""
    computed = [op for op in body if op.name.startswith(_SCALAR_DIALECTS)]
    made = [v for op in computed for v in _made_by(op) if isinstance(v.type, ir.IndexType)]
    used = [v for op in computed for v in op.operands if isinstance(v.type, ir.IndexType)]
    if not all(ranges.of(value).within(_NARROW) for value in [*made, *used]):
        _Widening(computed, dict.fromkeys(made), owner, ranges).run()


def _made_by(op: ir.Operation) -> Iterator[ir.Value]:
    """The results of an operation, and the arguments of its regions."""
    yield from op.results
    for region in op.regions:
        for block in region.blocks:
            yield from block.arguments


@dataclass
class _Widening:
    """Gives `indices`, which `computed` makes, 64 bits; `owner` has the body that they are in."""

    computed: list[ir.Operation]
    indices: dict[ir.Value, None]
    owner: ir.Operation | None
    ranges: Ranges
    _outer: dict[ir.Value, ir.Value] = field(default_factory=dict)

    def run(self) -> None:
        wide = ir.IntegerType.get_signless(64)
        for op in self.computed:
            for number, operand in enumerate(op.operands):
                if isinstance(operand.type, ir.IndexType) and operand not in self.indices:
                    with ir.InsertionPoint(op), op.location:
                        op.operands[number] = self._widened(operand, op)
        for value in self.indices:
            value.set_type(wide)
        inside = set(self.computed)
        for value in self.indices:
            _narrow_for_others(value, inside)
        for op in self.computed:
            if op.name == "arith.constant" and op.results[0] in self.indices:
                number = ir.IntegerAttr(op.attributes["value"]).value
                op.attributes["value"] = ir.IntegerAttr.get(wide, number)
            elif op.name in _CASTS:
                _recast(op)

    def _widened(self, index: ir.Value, reader: ir.Operation) -> ir.Value:
        """An index of others in 64 bits; where 32 may not hold it, computed anew from such, before
        the body that reads it or, outside of one, the reader."""
        needed = [index]
        for value in needed:  # which grows
            if value not in self._outer and self._needs_more(value):
                needed += [v for v in value.owner.operands if isinstance(v.type, ir.IndexType)]
        for value in reversed(needed):
            if value not in self._outer and self._needs_more(value):
                before = self.owner or reader
                with ir.InsertionPoint(before), value.owner.location:
                    self._outer[value] = self._again(value.owner.operation)
        return self._outer.get(index) or _cast(index)

    def _needs_more(self, value: ir.Value) -> bool:
        if isinstance(value.owner, ir.Block) or self.ranges.of(value).within(_NARROW):
            return False
        return value.owner.name.startswith("arith.") and len(value.owner.operands) > 0

    def _again(self, op: ir.Operation) -> ir.Value:
        """`op`, which makes an index, with a result and operands of 64 bits."""
        if op.name in _CASTS:
            return _resized(op.operands[0], 64, op.name == "arith.index_castui")
        operands = [
            self._outer.get(v) or _cast(v) if isinstance(v.type, ir.IndexType) else v
            for v in op.operands
        ]
        wide = ir.IntegerType.get_signless(64)
        attributes = {name: op.attributes[name] for name in op.attributes}
        return ir.Operation.create(op.name, [wide], operands, attributes).results[0]


def _cast(index: ir.Value) -> ir.Value:
    """The value of `index` in 64 bits."""
    wide = ir.IntegerType.get_signless(64)
    op = None if isinstance(index.owner, ir.Block) else index.owner.operation
    if op is not None and op.name == "arith.constant":
        return constant(wide, ir.IntegerAttr(op.attributes["value"]).value)
    return arith.index_cast(wide, index)


def _narrow_for_others(value: ir.Value, inside: set[ir.Operation]) -> None:
    """Let what is not computed in 64 bits, as the places of elements, have an index again."""
    uses = [(use.owner.operation, use.operand_number) for use in value.uses]
    for op, number in uses:
        if op not in inside:
            with ir.InsertionPoint(op), op.location:
                op.operands[number] = arith.index_cast(ir.IndexType.get(), value)


def _recast(op: ir.Operation) -> None:
    """Make a cast from or to an index, which is an integer by now, one between integers."""
    result = op.results[0]
    if isinstance(result.type, ir.IndexType) or isinstance(op.operands[0].type, ir.IndexType):
        return
    with ir.InsertionPoint(op), op.location:
        new = _resized(op.operands[0], bits_of(result.type), op.name == "arith.index_castui")
    result.replace_all_uses_with(new)
    op.erase()


def _resized(value: ir.Value, bits: int, unsigned: bool) -> ir.Value:
    """An integer with so many bits."""
    type_ = ir.IntegerType.get_signless(bits)
    if bits_of(value.type) > bits:
        return arith.trunci(type_, value)
    if bits_of(value.type) == bits:
        return value
    return arith.extui(type_, value) if unsigned else arith.extsi(type_, value)
