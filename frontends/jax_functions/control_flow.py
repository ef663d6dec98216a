"""StableHLO's loops, branches and composites as scf and calls, which torch-mlir's lowering keeps.

    stablehlo.while(%i = %a) cond { return %t : tensor<i1> } do { return %j }
        ->  scf.while(%i = %a) { %b = tensor.extract %t[]; scf.condition(%b) %i } do { yield %j }
    stablehlo.case(%n) ({ ... }, { ... })
        ->  scf.if (n == 0) { ... } else { ... }        which of more: one in the else of the other
    stablehlo.composite "chlo.erf" %x {decomposition = @erf}
        ->  call @erf(%x)

The module is one of JAX's own MLIR, in place.  Operations are made in their generic form: JAX's
MLIR need not have the dialects, torch-mlir-opt reads them.
"""

# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jaxlib.mlir import ir


def rewrite_control_flow(module: ir.Module) -> None:
    """Rewrite all of them, in `module`."""
    found: list[ir.Operation] = []

    def note(op: ir.Operation) -> ir.WalkResult:
        if op.operation.name in RULES:
            found.append(op.operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(note, ir.WalkOrder.POST_ORDER)
    with module.context as context:
        context.allow_unregistered_dialects = True
        for op in found:  # the inner ones first, which move with the regions that they are in
            with op.location, ir.InsertionPoint(op):
                made = RULES[op.name](op)
            for old, new in zip(op.results, made.results, strict=True):
                old.replace_all_uses_with(new)
            op.erase()


def _composite(op: ir.Operation) -> ir.Operation:
    callee = {"callee": op.attributes["decomposition"]}
    return _operation("func.call", op.operands, _types(op), attributes=callee)


def _while(op: ir.Operation) -> ir.Operation:
    made = _operation("scf.while", op.operands, _types(op), regions=2)
    condition, body = _move_regions(op, made)
    carried = list(condition.arguments)
    _end(condition, lambda values: ("scf.condition", [_scalar(values[0], "i1"), *carried]))
    _end(body, lambda values: ("scf.yield", values))
    return made


def _case(op: ir.Operation) -> ir.Operation:
    """Branch 0 where the number is 0, ..., the last one for every other number."""
    number = _scalar(op.operands[0], "i32")
    return _chosen(op, number, 0)


def _chosen(op: ir.Operation, number: ir.Value, branch: int) -> ir.Operation:
    count, types = len(op.regions), _types(op)
    if count == 1:  # whatever the number is
        made = _operation("scf.execute_region", [], types, regions=1)
        _move(op.regions[0], made.regions[0])
        return made
    i1, i32 = ir.IntegerType.get_signless(1), ir.IntegerType.get_signless(32)
    value = {"value": ir.IntegerAttr.get(i32, branch)}
    constant = _operation("arith.constant", [], [i32], attributes=value).result
    equal = {"predicate": ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 0)}
    here = _operation("arith.cmpi", [number, constant], [i1], attributes=equal).result
    made = _operation("scf.if", [here], types, regions=2)
    _move(op.regions[branch], made.regions[0])
    if branch + 2 == count:
        _move(op.regions[branch + 1], made.regions[1])
        return made
    with ir.InsertionPoint(made.regions[1].blocks.append()):
        inner = _chosen(op, number, branch + 1)
        _operation("scf.yield", list(inner.results), [])
    return made


RULES: dict[str, Callable[[ir.Operation], ir.Operation]] = {
    "stablehlo.composite": _composite,
    "stablehlo.while": _while,
    "stablehlo.case": _case,
}


def _move_regions(op: ir.Operation, to: ir.Operation) -> list[ir.Block]:
    blocks = [region.blocks[0] for region in op.regions]
    for block, region in zip(blocks, to.regions, strict=True):
        block.append_to(region)
    return blocks


def _move(region: ir.Region, to: ir.Region) -> None:
    """Move a branch, whose values then are yielded."""
    block = region.blocks[0]
    block.append_to(to)
    _end(block, lambda values: ("scf.yield", values))


def _end(block: ir.Block, by: Callable[[list[ir.Value]], tuple[str, Sequence[ir.Value]]]) -> None:
    """Put another operation in the place of the block's last one, which returns values."""
    last = block.operations[len(block.operations) - 1]
    with last.location, ir.InsertionPoint(last):
        name, operands = by(list(last.operands))
        _operation(name, operands, [])
    last.erase()


def _scalar(value: ir.Value, type_: str) -> ir.Value:
    """The element of a tensor of rank 0."""
    return _operation("tensor.extract", [value], [ir.Type.parse(type_)]).result


def _types(op: ir.Operation) -> list[ir.Type]:
    return [result.type for result in op.results]


def _operation(
    name: str,
    operands: Sequence[ir.Value],
    types: Sequence[ir.Type],
    regions: int = 0,
    attributes: dict[str, Any] | None = None,
) -> ir.Operation:
    return ir.Operation.create(
        name, types, list(operands), attributes=attributes or {}, regions=regions
    )
