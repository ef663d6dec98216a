"""label-bodies: generics that differ in their bodies alone are told apart by a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.normalize.functions import function_blocks

_FEW = 4  # are compared with each other soon enough


@dataclass(frozen=True)
class LabelBodies(Pass):
    """Give generics of the same maps, of which there are many, a `doc` that is the
    same where their bodies are.  MLIR's CSE looks operations up by all but their regions, so that
    without labels it compares each of a thousand slices, which differ in where their bodies read,
    with all others: this alone made it quadratic.

    Before:

        %0 = linalg.generic outs(%e) { tensor.extract %x[%i, %c0] }
        %1 = linalg.generic outs(%e) { tensor.extract %x[%i, %c1] }
        %2 = linalg.generic outs(%e) { tensor.extract %x[%i, %c0] }

    After:

        %0 = linalg.generic {doc = "body 0"} outs(%e) { tensor.extract %x[%i, %c0] }
        %1 = linalg.generic {doc = "body 1"} outs(%e) { tensor.extract %x[%i, %c1] }
        %2 = linalg.generic {doc = "body 0"} outs(%e) { tensor.extract %x[%i, %c0] }
    """

    name: ClassVar[str] = "label-bodies"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            alike: dict[tuple, list[linalg.GenericOp]] = {}
            for op in block.operations:
                if isinstance(op, linalg.GenericOp):
                    if "doc" in op.attributes:
                        del op.attributes["doc"]
                    alike.setdefault(_signature(op), []).append(op)
            for group in alike.values():
                if len(group) > _FEW:
                    _label(group)


def _signature(op: linalg.GenericOp) -> tuple:
    """What CSE looks a generic up by, but for its operands, which it may find to be the same."""
    return op.attributes["indexing_maps"], op.attributes["iterator_types"]


def _label(group: list[linalg.GenericOp]) -> None:
    numbers: dict[tuple, int] = {}
    for op in group:
        number = numbers.setdefault(tuple(_parts(body_of(op), {})), len(numbers))
        op.attributes["doc"] = ir.StringAttr.get(f"body {number}")


def _parts(block: ir.Block, local: dict[ir.Value, int]) -> list[object]:
    """What a block does, comparable with other blocks; `local` numbers the values made inside."""
    for argument in block.arguments:
        local[argument] = len(local)
    parts: list[object] = []
    for op in block.operations:
        inner = op.operation
        parts += (inner.name, *(local.get(value, value) for value in inner.operands))
        parts += (inner.attributes[i].attr for i in range(len(inner.attributes)))
        for result in inner.results:
            local[result] = len(local)
            parts.append(result.type)
        for region in inner.regions:
            for nested in region.blocks:
                parts += _parts(nested, local)
    return parts
