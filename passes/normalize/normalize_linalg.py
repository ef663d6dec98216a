"""normalize-linalg: everything that computes or moves data becomes `linalg.generic`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import func, linalg, tensor
from mlir.passmanager import PassManager

from clawc.passes.framework.base import Pass
from clawc.passes.normalize.fold_producers import FoldProducers
from clawc.passes.normalize.inits import split_init
from clawc.passes.normalize.moves import LOWERINGS
from clawc.passes.normalize.propagate_reshapes import PropagateReshapes
from clawc.passes.normalize.results import drop_unread_results
from clawc.passes.normalize.scalars import drop_checks_of_data, sink_scalars
from clawc.passes.normalize.softmax import lower_softmax

_CLEAN = "canonicalize,cse"
_NAMED = (
    "func.func(convert-elementwise-to-linalg,linalg-generalize-named-ops,"
    "resolve-ranked-shaped-type-result-dims),lower-affine"
)


@dataclass(frozen=True)
class NormalizeLinalg(Pass):
    """Inline calls; generalize named ops; write what moves data as a generic that reads each
    element of its result where it comes from; fold cheap producers; drop what is not used.

    Before:

        %p = tensor.pad %x low[1] high[1] { yield %zero } : tensor<?xf32> to tensor<?xf32>

    After:

        %p = linalg.generic {maps = [(i) -> (i)], iterators = ["parallel"]} outs(%empty) {
          %i = linalg.index 0
          %j = arith.subi %i, %c1
          %inside = arith.cmpi ult, %j, %size
          %v = scf.if %inside { yield tensor.extract %x[%j] } else { yield %zero }
          linalg.yield %v
        }

    What is left: linalg.generic, views (expand_shape, collapse_shape, cast, reshape), tensor.empty,
    tensor.dim, constants, scalar arithmetic and cf.assert.
    """

    name: ClassVar[str] = "normalize-linalg"

    def run(self, module: ir.Module) -> None:
        _upstream(module, f"inline,symbol-dce,{_CLEAN}")
        _rewrite(module, _lower_moves)
        _upstream(module, f"{_NAMED},{_CLEAN}")
        for block in _blocks(module):
            drop_checks_of_data(block)
            for op in list(block.operations):
                if isinstance(op, linalg.GenericOp):
                    drop_unread_results(op)
        _rewrite(module, _split)
        FoldProducers().run(module)
        PropagateReshapes().run(module)
        _upstream(module, _CLEAN)
        FoldProducers().run(module)
        _upstream(module, _CLEAN)
        for block in _blocks(module):
            sink_scalars(block)


def _upstream(module: ir.Module, steps: str) -> None:
    PassManager.parse(f"builtin.module({steps})", module.context).run(module.operation)


def _rewrite(module: ir.Module, lower: Callable[[ir.OpView], ir.Value | None]) -> None:
    """Replace each operation of the functions by what `lower` makes of it, if anything."""
    for block in _blocks(module):
        for op in list(block.operations):
            with ir.InsertionPoint(op), op.location:
                new = lower(op)
                if new is None:
                    continue
                old = op.results[0]
                if new.type != old.type:
                    new = tensor.CastOp(old.type, new).result
            old.replace_all_uses_with(new)
            op.operation.erase()


def _blocks(module: ir.Module) -> Iterator[ir.Block]:
    """The blocks of all functions."""
    for function in module.body.operations:
        if isinstance(function, func.FuncOp):
            yield from function.body.blocks


def _lower_moves(op: ir.OpView) -> ir.Value | None:
    if op.name == "linalg.softmax":
        return lower_softmax(op)
    lower = LOWERINGS.get(type(op))
    if lower is None or _is_shape(op):
        return None
    return lower(op)


def _is_shape(op: ir.OpView) -> bool:
    """Whether `op` only says how a reshape cuts its source up."""
    uses = list(op.results[0].uses)
    return bool(uses) and all(
        isinstance(use.owner, tensor.ReshapeOp) and use.operand_number == 1 for use in uses
    )


def _split(op: ir.OpView) -> ir.Value | None:
    return split_init(op) if isinstance(op, linalg.GenericOp) else None
