"""The results of a generic: which of its outputs each one needs, and a generic of some of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mlir import ir
from mlir.dialects import linalg

from clawc.passes.ir.body import body_of
from clawc.passes.ir.maps import indexing_maps, named_loops
from clawc.passes.normalize.build import keep_attributes


def needed_results(op: linalg.GenericOp, wanted: Iterable[int], known: Collection[int]) -> set[int]:
    """`wanted`, and the results whose last values they are made from; but none of `known`."""
    block, n_inputs = body_of(op), len(op.inputs)
    operations = list(block.operations)
    yielded = list(operations[-1].operands)
    found: set[int] = set()
    rest = set(wanted)
    while rest:
        found |= rest
        needed = _needed(operations[:-1], [yielded[i] for i in rest])
        arguments = {i for i in range(len(yielded)) if block.arguments[n_inputs + i] in needed}
        rest = arguments - found - set(known)
    return found


def with_results(
    op: linalg.GenericOp, kept: Sequence[int], known: Collection[int] = ()
) -> linalg.GenericOp:
    """A generic before `op` of its results `kept`, which takes over its body: erase `op` then.

    Outputs in `known` become inputs: each of their elements is read as it was before.  Operands
    that are not read stay if they alone say how often a loop runs.
    """
    block, n_inputs = body_of(op), len(op.inputs)
    outputs = [n_inputs + i for i in kept]
    inputs = _inputs(op, kept, [*range(n_inputs), *(n_inputs + i for i in known)])
    maps = list(op.attributes["indexing_maps"])
    with ir.InsertionPoint(op), op.location:
        new = linalg.GenericOp(
            [op.results[i].type for i in kept],
            [op.operands[i] for i in inputs],
            [op.operands[i] for i in outputs],
            ir.ArrayAttr.get([maps[i] for i in (*inputs, *outputs)]),
            op.attributes["iterator_types"],
        )
        types = [block.arguments[i].type for i in (*inputs, *outputs)]
        body = new.regions[0].blocks.append(*types)
    keep_attributes(op, new)
    for argument, number in zip(body.arguments, (*inputs, *outputs), strict=True):
        block.arguments[number].replace_all_uses_with(argument)
    _move_body(block, body, kept)
    return new


def _inputs(op: linalg.GenericOp, kept: Sequence[int], readable: Sequence[int]) -> list[int]:
    """Those of the operands `readable` that the results `kept` need, and others for a loop that
    nothing else names."""
    block, n_inputs, maps = body_of(op), len(op.inputs), indexing_maps(op)
    *inner, end = list(block.operations)
    needed = _needed(inner, [end.operands[i] for i in kept])
    inputs = [i for i in readable if block.arguments[i] in needed]
    outputs = [n_inputs + i for i in kept]
    named = {loop for i in (*inputs, *outputs) for loop in named_loops(maps[i])}
    for i in range(len(maps)):
        if named_loops(maps[i]).keys() - named:
            inputs.append(i)
            named |= named_loops(maps[i]).keys()
    return inputs


def _move_body(block: ir.Block, body: ir.Block, kept: Sequence[int]) -> None:
    """Move what the yielded values number `kept` need from `block` to `body`."""
    *inner, end = list(block.operations)
    yielded = [end.operands[i] for i in kept]
    needed = _needed(inner, yielded)
    with ir.InsertionPoint(body), end.location:
        for op in inner:
            body.append(op)
        linalg.YieldOp(yielded)
    end.operation.erase()
    for op in reversed(inner):
        if not any(result in needed for result in op.results):
            op.operation.erase()


def _needed(operations: list[ir.OpView], roots: list[ir.Value]) -> set[ir.Value]:
    """What of a body's values `roots` depend on."""
    needed = set(roots)
    for op in reversed(operations):
        if any(result in needed for result in op.results):
            stack = [op]
            while stack:
                inner = stack.pop()
                needed.update(inner.operands)
                blocks = [block for region in inner.regions for block in region.blocks]
                stack += [op for block in blocks for op in block.operations]
    return needed
