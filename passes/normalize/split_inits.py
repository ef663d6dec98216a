"""split-inits: reductions that go on from a tensor start anew; the tensor joins at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import in_memory
from clawc.passes.normalize.build import apply, empty, size_of
from clawc.passes.normalize.functions import replace_each

_NEUTRAL_FLOAT = {
    "arith.addf": 0.0,
    "arith.mulf": 1.0,
    "arith.maximumf": float("-inf"),
    "arith.minimumf": float("inf"),
    "arith.maxnumf": float("-inf"),
    "arith.minnumf": float("inf"),
}


@dataclass(frozen=True)
class SplitInits(Pass):
    """A reduction whose init is read from memory starts from the neutral value instead; what it
    went on from joins at the end, where it is an epilogue like any other.

    Before:

        %r = linalg.generic {addf over k} ins(%x, %w) outs(%c : tensor<3x5xf32>)

    After:

        %zeros = linalg.fill ins(%zero) outs(%e : tensor<3x5xf32>)
        %p = linalg.generic {addf over k} ins(%x, %w) outs(%zeros)
        %r = linalg.generic {addf} ins(%c, %p) outs(%e)
    """

    name: ClassVar[str] = "split-inits"

    def run(self, module: ir.Module) -> None:
        replace_each(module, lambda op: _split(op) if isinstance(op, linalg.GenericOp) else None)


def _split(op: linalg.GenericOp) -> ir.Value | None:
    """combine(init, reduction from the neutral value), or None where `op` is not of that kind."""
    maps = [ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"]]
    kinds = [str(a) for a in op.attributes["iterator_types"]]
    if len(op.results) != 1 or not any("reduction" in kind for kind in kinds):
        return None
    init = op.outputs[0]
    if not in_memory(init) or not maps[len(op.inputs)].is_projected_permutation:
        return None
    block = body_of(op)
    combiner = block.operations[len(block.operations) - 1].operands[0].owner
    accumulator = block.arguments[len(block.arguments) - 1]
    users = [use.owner for use in accumulator.uses]
    if isinstance(combiner, ir.Block) or len(users) != 1 or users[0].operation != combiner:
        return None
    type_ = ir.RankedTensorType(init.type)
    neutral = _neutral(combiner.name, type_.element_type)
    if neutral is None:
        return None
    sizes = [size_of(init, i) for i in range(type_.rank)]
    scalar = arith.constant(type_.element_type, neutral)
    start = linalg.fill(scalar, outs=[empty(sizes, type_.element_type)])
    reduced = op.operation.clone()
    reduced.operands[len(op.inputs)] = start
    identity = ir.AffineMap.get_identity(type_.rank)

    def combine(old: ir.Value, new: ir.Value, _: ir.Value) -> ir.Value:
        return ir.Operation.create(
            combiner.name, results=[type_.element_type], operands=[old, new]
        ).results[0]

    return apply(
        [init, reduced.results[0]],
        [identity] * 3,
        empty(sizes, type_.element_type),
        ["parallel"] * type_.rank,
        combine,
    )


def _neutral(name: str, type_: ir.Type) -> int | float | None:
    if isinstance(type_, ir.FloatType):
        return _NEUTRAL_FLOAT.get(name)
    if not isinstance(type_, ir.IntegerType):
        return None
    bits = type_.width
    values = {
        "arith.addi": 0,
        "arith.muli": 1,
        "arith.ori": 0,
        "arith.xori": 0,
        "arith.maxui": 0,
        "arith.andi": -1,
        "arith.minui": -1,
        "arith.maxsi": -(1 << (bits - 1)),
        "arith.minsi": (1 << (bits - 1)) - 1,
    }
    return values.get(name)
