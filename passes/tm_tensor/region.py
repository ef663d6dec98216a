"""Regions of tm_tensor operations: what they combine by, and their operations in other bodies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith

_KINDS = {
    "arith.addf": "sum",
    "arith.addi": "sum",
    "arith.mulf": "prod",
    "arith.muli": "prod",
    "arith.maximumf": "max",
    "arith.maxsi": "max",
    "arith.minimumf": "min",
    "arith.minsi": "min",
    "arith.andi": "and",
    "arith.ori": "or",
}
_OF_BOOLS = ("and", "or")


@dataclass(frozen=True)
class Combiner:
    """`kind` of what is there and `value`, which does not depend on it."""

    kind: str
    value: ir.Value


def combiner(block: ir.Block, held: ir.Value) -> Combiner | None:
    """How `block` combines its argument `held` with what else it takes; None: in its own way."""
    result = yielded(block)
    if not _depends(result, held):
        return Combiner("assign", result)
    op = None if isinstance(result.owner, ir.Block) else result.owner.operation
    kind = None if op is None else _KINDS.get(op.name)
    if op is None or kind is None or (_is_bool(result) and kind not in _OF_BOOLS):
        return None
    one, other = op.operands
    for value, rest in ((one, other), (other, one)):
        if value == held and not _depends(rest, held):
            return Combiner(kind, rest)
    return None


def _is_bool(value: ir.Value) -> bool:
    return isinstance(value.type, ir.IntegerType) and value.type.width == 1


def _depends(value: ir.Value, on: ir.Value) -> bool:
    """Whether `value` is computed from the block argument `on`."""
    seen: set[ir.Value] = set()
    stack = [value]
    while stack:
        value = stack.pop()
        if value == on:
            return True
        if value in seen or isinstance(value.owner, ir.Block):
            continue
        seen.add(value)
        stack += _read_by(value.owner.operation)
    return False


def _read_by(op: ir.Operation) -> list[ir.Value]:
    """The operands of `op` and of all that it holds."""
    read: list[ir.Value] = []

    def collect(inner: ir.Operation) -> ir.WalkResult:
        read.extend(inner.operands)
        return ir.WalkResult.ADVANCE

    op.walk(collect, ir.WalkOrder.PRE_ORDER)
    return read


def yielded(block: ir.Block) -> ir.Value:
    """What the block gives."""
    return block.operations[len(block.operations) - 1].operation.operands[0]


def inlined(block: ir.Block, result: ir.Value | None = None) -> Callable[..., ir.Value]:
    """A function that computes what `block` yields (or `result`) of scalars for its arguments."""

    def compute(*scalars: ir.Value) -> ir.Value:
        known: dict[ir.Value, ir.Value] = dict(zip(block.arguments, scalars, strict=True))
        wanted = yielded(block) if result is None else result
        for op in list(block.operations)[:-1]:
            if result is None or any(_depends(wanted, r) for r in op.operation.results):
                _clone(op.operation, known)
        return known.get(wanted, wanted)

    return compute


def _clone(op: ir.Operation, known: dict[ir.Value, ir.Value]) -> None:
    clone = op.clone(ip=ir.InsertionPoint.current)
    _adopt(clone, known)
    known.update(zip(op.results, clone.results, strict=True))


def _adopt(clone: ir.Operation, known: dict[ir.Value, ir.Value]) -> None:
    """Let `clone` and what it holds read what stands for their operands."""

    def adopt(inner: ir.Operation) -> ir.WalkResult:
        for i, operand in enumerate(inner.operands):
            inner.operands[i] = known.get(operand, operand)
        return ir.WalkResult.ADVANCE

    clone.walk(adopt, ir.WalkOrder.PRE_ORDER)


@dataclass(frozen=True)
class Order:
    """The region compares the two elements of one operand."""

    operand: int
    descending: bool


_I, _F = arith.CmpIPredicate, arith.CmpFPredicate
_DESCENDING = {
    "arith.cmpi": {_I.slt: False, _I.sle: False, _I.sgt: True, _I.sge: True},
    "arith.cmpf": {
        _F.OLT: False,
        _F.OLE: False,
        _F.ULT: False,
        _F.ULE: False,
        _F.OGT: True,
        _F.OGE: True,
        _F.UGT: True,
        _F.UGE: True,
    },
}


def order(block: ir.Block) -> Order | None:
    """Which of its operands, two arguments each, the block compares, and how; None: otherwise.

    Where a comparison of floats leaves NaN unordered, it gets a place: a sort needs one.
    """
    result = yielded(block)
    op = None if isinstance(result.owner, ir.Block) else result.owner.operation
    if op is None or op.name not in _DESCENDING or _is_bool(op.operands[0]):
        return None
    predicate = ir.IntegerAttr(op.attributes["predicate"]).value
    descending = {int(p): down for p, down in _DESCENDING[op.name].items()}.get(predicate)
    if descending is None or any(value.owner != block for value in op.operands):
        return None
    one, other = (ir.BlockArgument(value).arg_number for value in op.operands)
    if abs(one - other) != 1 or min(one, other) % 2:
        return None
    return Order(min(one, other) // 2, descending != (one > other))
