"""For each operation on tiles: what its operands' layouts are, given that of its result."""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir

from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.ops import Transfer, is_tile, kept_dims, numbers, shape_of

Operands = dict[int, LinearLayout]  # by number; what is not there may have any


def operand_layouts(op: ir.Operation, layout: LinearLayout) -> Operands:
    """The layouts that the tiles of `op` must have for a result in `layout`."""
    rule = RULES.get(op.name, _alike if op.name.startswith(("arith.", "math.")) else None)
    return {} if rule is None else rule(op, layout)


def _alike(op: ir.Operation, layout: LinearLayout) -> Operands:
    """Elementwise, and of a gather the places: a thread has all that it needs."""
    return {i: layout for i, value in enumerate(op.operands) if is_tile(value)}


def _broadcast(op: ir.Operation, layout: LinearLayout) -> Operands:
    """Registers that repeat an element are one."""
    if not is_tile(op.operands[0]):
        return {}
    shape = shape_of(op.operands[0])
    seen = layout.project(broadcast_dims(shape, layout), shape)
    return {0: LinearLayout(shape, tuple(filter(any, seen.register)), seen.lane, seen.warp)}


def broadcast_dims(source: tuple[int, ...], result: LinearLayout) -> list[int | None]:
    """For each dimension of the source the one of the result that it is, None if it is repeated."""
    added = result.rank - len(source)
    return [added + i if n == result.shape[added + i] else None for i, n in enumerate(source)]


def renamed_dims(op: ir.Operation) -> list[int | None]:
    """For each dimension of the source of a transpose or shape_cast which one of the result."""
    if op.name == "vector.transpose":
        permutation = numbers(op, "permutation")
        return [*sorted(range(len(permutation)), key=permutation.__getitem__)]
    return kept_dims(shape_of(op.results[0]), shape_of(op.operands[0]))


def _renamed(op: ir.Operation, layout: LinearLayout) -> Operands:
    """No data moves: the same registers under other names."""
    return {0: layout.project(renamed_dims(op), shape_of(op.operands[0]))}


def _read(op: ir.Operation, layout: LinearLayout) -> Operands:
    """Each thread has the mask of what it reads."""
    return {} if Transfer.of(op).mask is None else {len(op.operands) - 1: layout}


def _accumulate(op: ir.Operation, layout: LinearLayout) -> Operands:
    """A contraction adds to what each thread has; the factors may lie in any way."""
    return {2: layout}


def _reduce(op: ir.Operation, layout: LinearLayout) -> Operands:
    """What the reduction begins with is where its result is."""
    return {1: layout} if is_tile(op.operands[1]) else {}


RULES: dict[str, Callable[[ir.Operation, LinearLayout], Operands]] = {
    "arith.constant": lambda op, layout: {},
    "vector.broadcast": _broadcast,
    "vector.transpose": _renamed,
    "vector.shape_cast": _renamed,
    "vector.transfer_read": _read,
    "vector.gather": _alike,
    "vector.contract": _accumulate,
    "vector.multi_reduction": _reduce,
}
