"""drop-unread-results: results of a generic that nobody reads are not computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.normalize.functions import function_blocks


@dataclass(frozen=True)
class DropUnreadResults(Pass):
    """A result that neither a reader nor another result needs goes, with its init: the place of a
    maximum where only its value is wanted.

    Before:

        %max, %place = linalg.generic ins(%x) outs(%lowest, %zero) {
          linalg.yield %larger, %its_place
        }
        return %max

    After:

        %max = linalg.generic ins(%x) outs(%lowest) { linalg.yield %larger }
        return %max
    """

    name: ClassVar[str] = "drop-unread-results"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in list(block.operations):
                if isinstance(op, linalg.GenericOp):
                    _drop(op)


def _drop(op: linalg.GenericOp) -> None:
    """Replace `op` by a generic with the results that are needed."""
    read = [next(iter(result.uses), None) is not None for result in op.results]
    if all(read) or not any(read):
        return
    block = body_of(op)
    operations = list(block.operations)
    n_inputs = len(op.inputs)
    needed = _needed(
        operations, [v for v, r in zip(operations[-1].operands, read, strict=True) if r]
    )
    kept = [i for i, r in enumerate(read) if r or block.arguments[n_inputs + i] in needed]
    if len(kept) == len(read):
        return
    maps = list(op.attributes["indexing_maps"])
    inits = [op.outputs[i] for i in kept]
    numbers = [*range(n_inputs), *(n_inputs + i for i in kept)]
    with ir.InsertionPoint(op), op.location:
        new = linalg.GenericOp(
            [op.results[i].type for i in kept],
            list(op.inputs),
            inits,
            ir.ArrayAttr.get([maps[i] for i in numbers]),
            op.attributes["iterator_types"],
        )
        body = new.regions[0].blocks.append(*(block.arguments[i].type for i in numbers))
    for argument, number in zip(body.arguments, numbers, strict=True):
        block.arguments[number].replace_all_uses_with(argument)
    with ir.InsertionPoint(body), op.location:
        yielded = [operations[-1].operands[i] for i in kept]
        for inner in operations[:-1]:
            body.append(inner)
        linalg.YieldOp(yielded)
    operations[-1].operation.erase()
    needed = _needed(operations[:-1], yielded)
    for inner in reversed(operations[:-1]):
        if not any(result in needed for result in inner.results):
            inner.operation.erase()
    for i, result in zip(kept, new.results, strict=True):
        op.results[i].replace_all_uses_with(result)
    op.operation.erase()


def _needed(operations: list[ir.OpView], roots: list[ir.Value]) -> set[ir.Value]:
    """What of a body's values `roots` depend on."""
    needed = set(roots)
    for op in reversed(operations):
        if any(result in needed for result in op.results):
            needed.update(op.operands)
    return needed
