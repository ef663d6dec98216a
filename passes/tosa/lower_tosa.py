"""lower-tosa: operations of TOSA become linalg and tensor operations, by MLIR's own passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, cf, func, tensor

from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.framework.pipeline import Pipeline, upstream

_FUNCTION = ("func.func",)
_STEPS = (
    *upstream("tosa-optional-decompositions", anchor=_FUNCTION),
    *upstream("canonicalize"),
    *upstream(
        "tosa-infer-shapes", "tosa-make-broadcastable", "tosa-to-linalg-named", anchor=_FUNCTION
    ),
    *upstream("canonicalize"),
    *upstream(
        "tosa-layerwise-constant-fold",
        "tosa-make-broadcastable",
        "tosa-to-scf",
        "tosa-to-linalg",
        "tosa-to-arith{include-apply-rescale=true}",
        "tosa-to-tensor",
        anchor=_FUNCTION,
    ),
    *upstream("canonicalize"),
)


@dataclass(frozen=True)
class LowerTosa(Pass):
    """A program without TOSA is left as it is.  Sizes that are known when it runs are checked: in
    TOSA they are 1 or more.

    Before:

        %0 = tosa.tanh %x : (tensor<4x8xf32>) -> tensor<4x8xf32>

    After:

        %0 = linalg.generic {maps = [(m, n) -> (m, n), (m, n) -> (m, n)]} ins(%x) outs(%empty) {
          ^bb0(%in: f32, %out: f32):
            %1 = math.tanh %in : f32
            linalg.yield %1 : f32
        }
    """

    name: ClassVar[str] = "lower-tosa"

    def run(self, module: ir.Module) -> None:
        if next(operations(module), None) is None:
            return
        for op in module.body.operations:
            if isinstance(op, func.FuncOp) and not op.is_external:
                _expect_elements(op)
        Pipeline(_STEPS).run(module)
        for op in operations(module):
            raise PassFailure(op, "is an operation of TOSA that MLIR does not lower to linalg")


def _expect_elements(function: func.FuncOp) -> None:
    """Check that arguments have elements: in TOSA all have, and the lowering takes the larger size
    of two for what the other is spread to, also where that is 0."""
    block = function.entry_block
    with ir.InsertionPoint.at_block_begin(block), function.location:
        for number, argument in enumerate(block.arguments):
            type_ = argument.type
            sizes = type_.shape if isinstance(type_, ir.RankedTensorType) else []
            for dim, size in enumerate(sizes):
                if size != ir.ShapedType.get_dynamic_size():
                    continue
                index = ir.IndexType.get()
                found = tensor.dim(argument, arith.constant(index, dim))
                more = arith.cmpi(arith.CmpIPredicate.sgt, found, arith.constant(index, 0))
                message = f"dimension {dim} of argument {number} is 0; TOSA has no empty tensors"
                cf.assert_(more, message)


def operations(module: ir.Module) -> Iterator[ir.Operation]:
    """Those of TOSA, in the order of the text."""
    found: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if op.name.startswith("tosa."):
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    yield from found
