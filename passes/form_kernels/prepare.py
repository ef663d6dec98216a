"""What `form-kernels` checks and completes before it groups: results that nothing computes."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, func, linalg, tensor

from clawc.passes.check.check_entries import problems
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.loops import VIEWS, defining_op, in_memory, shape_of
from clawc.passes.kernel.kernel import set_stored


def prepare(function: func.FuncOp) -> None:
    """Raise on signatures that have no kernels; copy results that are arguments or constants."""
    name = ir.StringAttr(function.attributes["sym_name"]).value
    if function.is_external:
        raise PassFailure(function, f"function @{name} has no body; expected its definition")
    if len(function.body.blocks) != 1:
        raise PassFailure(function, f"function @{name} branches; expected a single block")
    for message in problems(function):
        raise PassFailure(function, message)
    block = function.body.blocks[0]
    returns = block.operations[len(block.operations) - 1]
    copied: dict[ir.Value, ir.Value] = {}
    for number, value in enumerate(returns.operands):
        if _needs_copy(value):
            if value not in copied:
                copied[value] = _copy(value, returns)
            returns.operation.operands[number] = copied[value]


def _needs_copy(value: ir.Value) -> bool:
    """Whether no kernel writes `value`: an argument, a constant, a fill, or a view of one."""
    if not in_memory(value):
        return True
    while isinstance(op := defining_op(value), VIEWS):
        value = op.operands[0]
    return op is None or op.name == "arith.constant"


def _copy(value: ir.Value, before: ir.OpView) -> ir.Value:
    type_ = ir.RankedTensorType(value.type)
    with ir.InsertionPoint(before), before.location:
        sizes: list[int | ir.Value] = []
        for dim, size in enumerate(shape_of(value)):
            if size < 0:
                number = arith.constant(ir.IndexType.get(), dim)
                sizes.append(tensor.DimOp(value, number).result)
            else:
                sizes.append(size)
        empty = tensor.EmptyOp(sizes, type_.element_type).result
        maps = [ir.AffineMap.get_identity(type_.rank)] * 2
        copy = linalg.GenericOp([type_], [value], [empty], maps, ["parallel"] * type_.rank)
        set_stored(copy)
        body = copy.regions[0].blocks.append(type_.element_type, type_.element_type)
        with ir.InsertionPoint(body):
            linalg.YieldOp([body.arguments[0]])
    return copy.results[0]
