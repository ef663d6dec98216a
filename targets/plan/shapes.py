"""Shapes of buffers in a plan: static sizes from the type, others asked for."""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir

from clawc.runtime.steps import Operand


def dynamic_dims(value: ir.Value) -> list[int]:
    """The dimensions of a memref whose sizes its type leaves open."""
    type_ = ir.MemRefType(value.type)
    return [dim for dim in range(type_.rank) if type_.is_dynamic_dim(dim)]


def shape_of(value: ir.Value, dynamic: Callable[[int], Operand]) -> tuple[Operand, ...]:
    """A shape whose dynamic sizes are asked for, in order."""
    type_ = ir.MemRefType(value.type)
    return tuple(
        dynamic(i) if type_.is_dynamic_dim(i) else type_.get_dim_size(i) for i in range(type_.rank)
    )
