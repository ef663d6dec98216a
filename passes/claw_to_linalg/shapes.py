"""claw-to-linalg: operations on shapes, and tensors made from nothing."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg

from clawc.dialects.shape_ops import BroadcastOp, ConstantOp, IotaOp, TransposeOp
from clawc.dialects.shapes import DYNAMIC, shape, tensor_type
from clawc.passes.claw_to_linalg.build import Builder
from clawc.passes.claw_to_linalg.elementwise import cast
from clawc.passes.claw_to_linalg.reshape import drop_units
from clawc.passes.ir.constants import constant_from


def lower_broadcast(op: BroadcastOp, build: Builder) -> ir.Value:
    """One generic that reads a projection; stretched dimensions are collapsed away before it."""
    given = dict(zip(op.unknown, map(build.resolved, op.sizes), strict=True))
    sizes = build.agree(op) | given
    kept = [i for i in range(len(op.placed)) if i not in op.stretched]
    labels = [op.placed[i] for i in kept]
    source = drop_units(build, op.input, op.stretched)
    element = tensor_type(op.out).element_type
    return build.compute([(source, labels)], op.labels()["out"], sizes, element, lambda x: x)


def lower_transpose(op: TransposeOp, build: Builder) -> ir.Value:
    sizes, labels = build.agree(op), op.labels()
    element = tensor_type(op.out).element_type
    return build.compute([(op.input, labels["input"])], labels["out"], sizes, element, lambda x: x)


def lower_constant(op: ConstantOp, build: Builder) -> ir.Value:
    return constant_from(op.value.type, op.value)


def lower_iota(op: IotaOp, build: Builder) -> ir.Value:
    given = iter(op.sizes)
    axes = range(len(shape(op.out)))
    sizes = {
        a: build.resolved(next(given)) if s == DYNAMIC else s for a, s in enumerate(shape(op.out))
    }
    element = tensor_type(op.out).element_type

    def body() -> ir.Value:
        position = linalg.IndexOp(op.axis % len(axes)).result
        return cast(arith.index_cast(ir.IntegerType.get_signless(64), position), element)

    return build.compute([], axes, sizes, element, body)
