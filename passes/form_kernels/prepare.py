"""What `form-kernels` checks and completes before it groups, in a function and its loops.

What leaves a block (a result, what a loop carries on, what a variable keeps) is in memory: values
that kernels make where they read them are made for it.  Scalars that bodies compute of the host's
scalars alone are the host's.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlir import ir
from mlir.dialects import arith, func, linalg, ml_program, scf, tensor

from clawc.passes.check.check_entries import check_signature
from clawc.passes.form_kernels.sections import EVENTS, terminator
from clawc.passes.form_kernels.tables import lift_sizes
from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.body import body_of, operations_under
from clawc.passes.ir.loops import defining_op, is_tensor, shape_of, uniform
from clawc.passes.ir.symbols import symbol_name
from clawc.passes.kernel.kernel import set_stored

DEEPEST = 100
"""Loops and branches nest no deeper in a launch plan."""

_DIVISIONS = ("div", "rem")
_IN_BODIES = ("arith", "math", "tensor", "linalg", "scf", "cf", "ub")


def prepare(function: func.FuncOp) -> None:
    """Raise on functions that have no kernels; complete the others."""
    name = symbol_name(function)
    if function.is_external:
        raise PassFailure(function, f"function @{name} has no body; expected its definition")
    if len(function.body.blocks) != 1:
        branch = terminator(function.body.blocks[0])
        message = f"ends a block of function @{name}, expected a single one; use scf.if, scf.while"
        raise PassFailure(branch, message)
    check_signature(function)
    for block in host_blocks(function.body.blocks[0]):
        _forward_variables(block)
        for op in list(block.operations):
            if op.name == "arith.select" and is_tensor(op.results[0]):
                _branch_on(op)
        for op in list(block.operations):
            if isinstance(op, linalg.GenericOp):
                _check_body(op)
                lift_sizes(op)
                _hoist(op)
        for op in [*(op for op in block.operations if isinstance(op, EVENTS)), terminator(block)]:
            _store_operands(op)


def host_blocks(block: ir.Block) -> Iterator[ir.Block]:
    """A block of the host program and those of the loops and branches in it, outer ones first."""
    waiting = [(block, 0)]
    while waiting:
        found, depth = waiting.pop()
        yield found
        for op in found.operations:
            if isinstance(op, (scf.ForOp, scf.IfOp, scf.WhileOp)):
                if depth == DEEPEST:
                    raise PassFailure(op, f"nests more than {DEEPEST} deep in loops and branches")
                waiting += [(inner, depth + 1) for region in op.regions for inner in region.blocks]


def _forward_variables(block: ir.Block) -> None:
    """A variable that is read after it was stored is what was stored; of stores that follow each
    other the last one counts."""
    stored: dict[str, ml_program.GlobalStoreOp] = {}
    for op in list(block.operations):
        if len(op.regions) and not isinstance(op, linalg.GenericOp):
            stored.clear()
        elif isinstance(op, (ml_program.GlobalLoadOp, ml_program.GlobalStoreOp)):
            name = str(op.attributes["global"])
            before = stored.get(name)
            if isinstance(op, ml_program.GlobalStoreOp):
                if before is not None:
                    before.operation.erase()
                stored[name] = op
            elif before is not None:
                op.result.replace_all_uses_with(before.value)
                op.operation.erase()


def _check_body(op: linalg.GenericOp) -> None:
    for inner in operations_under(body_of(op)):
        if inner.name.partition(".")[0] not in _IN_BODIES:
            raise PassFailure(
                inner, f"stands in a body; expected operations of {', '.join(_IN_BODIES)} on values"
            )


def _branch_on(op: ir.OpView) -> None:
    """One of two tensors by a scalar: a branch, which copies neither."""
    condition, yes, no = op.operands
    if is_tensor(condition):
        return
    with ir.InsertionPoint(op), op.location:
        branch = scf.IfOp(condition, [op.results[0].type], has_else=True)
        for region, value in zip(branch.regions, (yes, no), strict=True):
            with ir.InsertionPoint(region.blocks[0]):
                scf.YieldOp([value])
    op.results[0].replace_all_uses_with(branch.results[0])
    op.operation.erase()


def _hoist(op: linalg.GenericOp) -> None:
    """Move out of the body what depends on no element: a kernel then takes the result, in its own
    type, where it would else take an f64 to round it to f32 for each element."""
    body = body_of(op)
    inside = set(body.arguments)
    for inner in list(body.operations):
        movable = (
            inner.name.startswith(("arith.", "math."))
            and not any(part in inner.name for part in _DIVISIONS)
            and len(inner.operands) > 0
            and not any(v in inside or is_tensor(v) for v in inner.operands)
            and any(_is_own_scalar(v) for v in inner.operands)
        )
        if movable:
            inner.operation.move_before(op.operation)
        else:
            inside.update(inner.results)


def _is_own_scalar(value: ir.Value) -> bool:
    """Whether a value is a scalar of the host that kernels take as it is."""
    op = defining_op(value)
    return not isinstance(value.type, ir.IndexType) and (op is None or op.name != "arith.constant")


def _store_operands(op: ir.OpView) -> None:
    copied: dict[ir.Value, ir.Value] = {}
    for number, value in enumerate(op.operands):
        if is_tensor(value) and _needs_copy(value):
            if value not in copied:
                copied[value] = _copy(value, op)
            op.operation.operands[number] = copied[value]


def _needs_copy(value: ir.Value) -> bool:
    """Whether a value is the same everywhere, and so in no kernel's memory; of rank 0 the host
    stores it."""
    return len(shape_of(value)) > 0 and uniform(value) is not None


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
