"""The operations of bodies: those in the regions of linalg and tensor operations of functions."""

from __future__ import annotations

from collections.abc import Iterator

from mlir import ir
from mlir.dialects import func

from clawc.passes.ir.operations import operations_in

_WITH_BODIES = ("linalg.", "tensor.")


def bodies(module: ir.Module) -> Iterator[tuple[ir.Operation, list[ir.Operation]]]:
    """Each operation that has a body, and the operations in it at any depth, outer ones first."""
    for function in module.body.operations:
        if not isinstance(function, func.FuncOp) or function.is_external:
            continue
        owners = [  # found first: who walks through them may erase what is in them
            op
            for op in operations_in(function)
            if op.name.startswith(_WITH_BODIES) and len(op.regions)
        ]
        for op in owners:
            yield op, operations_in(op)


def outside_of_bodies(module: ir.Module) -> list[ir.Operation]:
    """The operations of all functions, at any depth, that are in no body."""
    inside = {op for _, body in bodies(module) for op in body}
    return [
        op
        for function in module.body.operations
        if isinstance(function, func.FuncOp) and not function.is_external
        for op in operations_in(function)
        if op not in inside
    ]


def parent_of(op: ir.Operation) -> ir.Operation:
    """The operation in whose region `op` is."""
    parent = op.parent
    assert parent is not None, "a module is no part of a body"
    return parent.operation
