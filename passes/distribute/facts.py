"""What is known about index values of L3: which powers of two divide them, which are positive."""

from __future__ import annotations

from collections.abc import Iterable

from mlir import ir

from clawc.passes.layout.ops import constant_index, defining

Tests = dict[tuple[ir.Value, int], None]  # (value, power): the value must be divisible by the power
SUMS = ("arith.addi", "arith.subi", "arith.minsi", "arith.maxsi", "arith.minui", "arith.maxui")


def divisibility(value: ir.Value, power: int) -> Tests | None:
    """What must be tested so that `power` divides `value`; None if it never surely does."""
    if power == 1:
        return {}
    number = constant_index(value)
    if number is not None:
        return None if number % power else {}
    op = defining(value)
    if op is None:
        return _of_argument(ir.BlockArgument(value), power)
    if op.name in SUMS:
        return _all(op.operands, power)
    if op.name == "arith.muli":
        return _of_product(op, value, power)
    return {(value, power): None}


def united(parts: Iterable[Tests | None]) -> Tests | None:
    """All of them; None if one of them is."""
    tests: Tests = {}
    for part in parts:
        if part is None:
            return None
        tests |= part
    return tests


def _all(values: Iterable[ir.Value], power: int) -> Tests | None:
    return united(divisibility(value, power) for value in values)


def _of_product(op: ir.Operation, value: ir.Value, power: int) -> Tests | None:
    for factor, other in (list(op.operands), list(op.operands)[::-1]):
        number = constant_index(factor)
        if number is not None:
            known = number & -number if number else power
            return divisibility(other, max(1, power // known))
    for factor in op.operands:
        if divisibility(factor, power) == {}:
            return {}
    return {(value, power): None}


def _of_argument(argument: ir.BlockArgument, power: int) -> Tests | None:
    """A loop's induction variable is as divisible as its lower bound and step."""
    loop = argument.owner.owner
    if loop is not None and loop.operation.name == "scf.for" and argument.arg_number == 0:
        return _all([loop.operation.operands[0], loop.operation.operands[2]], power)
    return {(argument, power): None}


def is_positive(bound: ir.Value, grid_sizes: set[ir.Value]) -> bool:
    """Whether the tile that starts at an offset is known to begin inside: `bound` is what is left.

    It is `end - offset` with the offset below the end, because a loop runs up to that end, or the
    grid has workgroups only up to it."""
    number = constant_index(bound)
    if number is not None:
        return number > 0
    op = defining(bound)
    if op is None:
        return False
    if op.name in ("arith.minsi", "arith.minui"):
        return all(is_positive(v, grid_sizes) for v in op.operands)
    if op.name != "arith.subi":
        return bound in grid_sizes
    end, offset = op.operands
    if isinstance(offset, ir.BlockArgument):
        loop = ir.BlockArgument(offset).owner.owner
        return loop.operation.name == "scf.for" and _at_most(loop.operation.operands[1], end)
    return end in grid_sizes or constant_index(end) is not None


def _at_most(value: ir.Value, end: ir.Value) -> bool:
    """Whether `value` is `end`, or the smaller of it and something else."""
    if value == end:
        return True
    op = defining(value)
    if op is None or op.name not in ("arith.minsi", "arith.minui"):
        return False
    return any(_at_most(v, end) for v in op.operands)
