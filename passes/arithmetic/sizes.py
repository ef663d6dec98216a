"""Sizes of loops and of dimensions: numbers, or whose dimensions they are."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.arithmetic.bodies import parent_of
from clawc.passes.ir.loops import defining_op, is_tensor, shape_of

Place = tuple[ir.Value, int]  # a tensor and one of its dimensions


def loop_places(generic: ir.Operation, loop: int) -> list[Place]:
    """The dimensions of operands that a loop of `generic` runs over."""
    return [
        (value, dim)
        for value, map_ in zip(
            generic.operands, ir.ArrayAttr(generic.attributes["indexing_maps"]), strict=True
        )
        if is_tensor(value)
        for dim, expr in enumerate(ir.AffineMapAttr(map_).value.results)
        if isinstance(expr, ir.AffineDimExpr) and expr.position == loop
    ]


def owner_of(index: ir.Operation) -> tuple[ir.Operation, int]:
    """The generic that a `linalg.index` belongs to, and the loop that it counts."""
    op = parent_of(index)
    while not op.name.startswith("linalg."):
        op = parent_of(op)
    return op, ir.IntegerAttr(index.attributes["dim"]).value


def loop_size(index: ir.Operation) -> int | None:
    """How often the loop of a `linalg.index` runs, where a static shape says so."""
    generic, loop = owner_of(index)
    if generic.name != "linalg.generic":
        return None
    sizes = [shape_of(value)[dim] for value, dim in loop_places(generic, loop)]
    return next((size for size in sizes if size >= 0), None)


def is_loop_over(index: ir.Operation, value: ir.Value, dim: int) -> bool:
    """Whether the loop of a `linalg.index` surely runs over a dimension of the size of that one."""
    generic, loop = owner_of(index)
    if generic.name != "linalg.generic":
        return False
    wanted = origin(value, dim)
    return any(origin(*place) == wanted for place in loop_places(generic, loop))


def origin(value: ir.Value, dim: int) -> int | Place | ir.Value:
    """Where a size comes from: two sizes of one origin are the same."""
    while (size := shape_of(value)[dim]) < 0:
        op = defining_op(value)
        if isinstance(op, linalg.GenericOp):
            value = op.outputs[ir.OpResult(value).result_number]
        elif isinstance(op, (linalg.FillOp, tensor.CastOp)):
            value = op.operands[-1]
        elif isinstance(op, tensor.EmptyOp):
            return _origin_of_scalar(op.operands[sum(n < 0 for n in shape_of(value)[:dim])])
        else:
            return value, dim
    return size


def _origin_of_scalar(size: ir.Value) -> int | Place | ir.Value:
    op = defining_op(size)
    if isinstance(op, tensor.DimOp) and (number := constant_of(op.operands[1])) is not None:
        return origin(op.operands[0], number)
    number = constant_of(size)
    return size if number is None else number


def constant_of(value: ir.Value) -> int | None:
    """The integer that `value` is, where it is a constant."""
    op = defining_op(value)
    if not isinstance(op, arith.ConstantOp):
        return None
    attribute = op.attributes["value"]
    return attribute.value if isinstance(attribute, ir.IntegerAttr) else None
