"""share-sums: what is summed in a wider type too is summed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of, terminator
from clawc.passes.ir.loops import uniform
from clawc.passes.ir.maps import indexing_maps
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.rounding import replace_by_rounded


@dataclass(frozen=True)
class ShareSums(Pass):
    """A sum of the elements of a tensor, where the program also sums them widened, takes the wider
    one, rounded; a mean is divided before it is rounded.

    Before, as torch-mlir has it in every norm (the variance has a mean of its own, in f64):

        %w = linalg.generic ins(%x : tensor<4x?xf32>) outs(...: tensor<4x?xf64>) { extf }
        %a = linalg.generic {over k} ins(%w) outs(%zero64) { addf }
        %b = linalg.generic {over k} ins(%x) outs(%zero32) { addf }
        %m = linalg.generic ins(%b) { divf %in, %n : f32 }

    After:

        %a = linalg.generic {over k} ins(%w) outs(%zero64) { addf }
        %m = linalg.generic ins(%a) { truncf (divf %in, (extf %n) : f64) : f32 }

    A sum less, and a mean that is off by its own rounding alone.
    """

    name: ClassVar[str] = "share-sums"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            found: dict[_Terms, list[linalg.GenericOp]] = {}
            for op in block.operations:
                if isinstance(op, linalg.GenericOp) and (terms := _terms(op)) is not None:
                    found.setdefault(terms, []).append(op)
            for sums in found.values():
                widest = max(sums, key=_width)
                for each in sums:
                    if _width(each) < _width(widest) and _come_behind(each, widest):
                        _share(each, widest)


@dataclass(frozen=True)
class _Terms:
    """What is summed, and over which loops."""

    value: ir.Value
    maps: tuple[ir.AffineMap, ...]
    kinds: ir.Attribute


def _terms(op: linalg.GenericOp) -> _Terms | None:
    """Those of a sum of the elements of one tensor, from zero."""
    if len(op.inputs) != 1 or len(op.results) != 1:
        return None
    block = body_of(op)
    added = terminator(block).operands[0].owner
    if not isinstance(added, arith.AddFOp):
        return None
    terms = [_unwidened(v) for v in added.operands]
    if len(set(terms)) != 2 or set(terms) != set(block.arguments):
        return None
    start = uniform(op.outputs[0])
    if isinstance(start, ir.Value):
        owner = start.owner
        known = not isinstance(owner, ir.Block) and owner.name == "arith.constant"
        start = owner.attributes["value"] if known else None
    if not isinstance(start, ir.FloatAttr) or start.value != 0:
        return None
    kinds = op.operation.attributes["iterator_types"]
    return _Terms(_narrowest(op.inputs[0]), tuple(indexing_maps(op)), kinds)


def _unwidened(value: ir.Value) -> ir.Value:
    while not isinstance(value.owner, ir.Block) and value.owner.name == "arith.extf":
        value = value.owner.operands[0]
    return value


def _narrowest(value: ir.Value) -> ir.Value:
    """The tensor of which `value` is a widened copy, itself perhaps."""
    while not isinstance(value.owner, ir.Block):
        op = value.owner
        if not isinstance(op, linalg.GenericOp) or len(op.inputs) != 1 or len(op.results) != 1:
            break
        block = body_of(op)
        yielded = terminator(block).operands[0]
        rank = ir.RankedTensorType(value.type).rank
        copies = all(map_ == ir.AffineMap.get_identity(rank) for map_ in indexing_maps(op))
        if not copies or _unwidened(yielded) != block.arguments[0]:
            break
        value = op.inputs[0]
    return value


def _width(op: linalg.GenericOp) -> int:
    element = ir.RankedTensorType(op.results[0].type).element_type
    return ir.FloatType(element).width


def _come_behind(op: linalg.GenericOp, other: linalg.GenericOp) -> bool:
    """Whether all that takes the result of `op` runs after `other`."""
    users = (use.owner.operation for use in op.results[0].uses)
    return all(_outer(user, other.operation.block, other) for user in users)


def _outer(user: ir.Operation, block: ir.Block, other: linalg.GenericOp) -> bool:
    while user.block != block:
        user = user.block.owner.operation
    return other.operation.is_before_in_block(user)


def _share(op: linalg.GenericOp, widest: linalg.GenericOp) -> None:
    first = widest.operation.is_before_in_block(op.operation)
    with ir.InsertionPoint.after((op if first else widest).operation), op.location:
        replace_by_rounded(op.results[0], widest.results[0])
    op.operation.erase()
