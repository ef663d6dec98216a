"""What the passes here share: going through the functions of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlir import ir
from mlir.dialects import func, tensor


def function_blocks(module: ir.Module) -> Iterator[ir.Block]:
    """The blocks of all functions."""
    for function in module.body.operations:
        if isinstance(function, func.FuncOp):
            yield from function.body.blocks


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
