"""How many registers the program of one thread holds at once, in the order it is written in.

Addresses and conditions are left out: the first are folded into accesses or made again, the others
have a file of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlir import ir
from mlir.dialects import llvm

from clawc.passes.ir.operations import operations_in

_BITS = 32  # of a register
_FREE = ("arith.constant", "ub.poison", "llvm.mlir.constant", "memref.get_global")


def pressure(block: ir.Block, order: Sequence[ir.Operation] | None = None) -> int:
    """The most 32-bit registers that are live at once in a block and the regions in it, values
    from outside not counted; `order`: its operations in another order."""
    ops = [op.operation for op in block.operations] if order is None else order
    last: dict[ir.Value, int] = {}
    for i, op in enumerate(ops):
        for value in used_by(op):
            last[value] = i
    mine = [value for value in block.arguments if value in last]
    live = {value: registers(value.type) for value in mine}
    now = most = sum(live.values())
    ends: dict[int, list[ir.Value]] = {}
    for value in mine:
        ends.setdefault(last[value], []).append(value)
    for i, op in enumerate(ops):
        inner = max((pressure(b) for region in op.regions for b in region.blocks), default=0)
        if inner:
            captured = set(used_by(op)) - set(op.operands)
            taken = sum(live[v] for v in ends.get(i, ()) if v not in captured)
            most = max(most, now - taken + inner)
        now -= sum(live.pop(value) for value in ends.get(i, ()))
        for value in op.results:
            if value in last:
                live[value] = 0 if op.name in _FREE else registers(value.type)
                now += live[value]
                ends.setdefault(last[value], []).append(value)
        most = max(most, now)
    return most


def used_by(op: ir.Operation) -> Iterator[ir.Value]:
    """The operands of an operation and of all in its regions."""
    yield from op.operands
    if len(op.regions):
        for inner in operations_in(op):
            yield from inner.operands


def registers(type_: ir.Type) -> int:
    """Of 32 bits, that a value takes."""
    if isinstance(type_, llvm.StructType):  # pyright: ignore[reportAttributeAccessIssue]  # no stub
        return sum(map(registers, type_.body))  # pyright: ignore[reportAttributeAccessIssue]
    count, element = 1, type_
    if isinstance(type_, ir.VectorType):
        element = type_.element_type
        for size in type_.shape:
            count *= size
    if isinstance(element, (ir.FloatType, ir.IntegerType)) and element.width > 1:
        return -(-count * element.width // _BITS)
    return 0
