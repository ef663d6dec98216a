"""What the passes here share: going through the functions of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlir import ir
from mlir.dialects import func, scf, tensor

_AROUND = (scf.ForOp, scf.IfOp, scf.WhileOp)


def function_blocks(module: ir.Module) -> Iterator[ir.Block]:
    """The blocks of all functions, and those of the loops and branches in them, outer ones first.

    Bodies of operations on tensors are not among them."""
    for function in module.body.operations:
        if isinstance(function, func.FuncOp):
            waiting = list(function.body.blocks)
            while waiting:
                block = waiting.pop()
                yield block
                for op in block.operations:
                    if isinstance(op, _AROUND):
                        waiting += [inner for region in op.regions for inner in region.blocks]


def replace_each(module: ir.Module, lower: Callable[[ir.OpView], ir.Value | None]) -> None:
    """Replace each operation of the functions by what `lower` makes of it, if anything."""
    for block in function_blocks(module):
        for op in list(block.operations):
            with ir.InsertionPoint(op), op.location:
                new = lower(op)
                if new is None:
                    continue
                old = op.results[0]
                if new.type != old.type:
                    new = tensor.CastOp(old.type, new).result
            old.replace_all_uses_with(new)
            op.operation.erase()
