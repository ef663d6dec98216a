"""lower-control: a choice among cases becomes branches, a region of one block its operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, scf

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import operations_in
from clawc.passes.normalize.build import index


@dataclass(frozen=True)
class LowerControl(Pass):
    """One loop and one branch are enough for what follows.

    Before:

        %r = scf.index_switch %k -> tensor<4xf32>
        case 2 { scf.yield %a }
        default { scf.yield %b }

    After:

        %is = arith.cmpi eq, %k, %c2 : index
        %r = scf.if %is -> tensor<4xf32> { scf.yield %a } else { scf.yield %b }
    """

    name: ClassVar[str] = "lower-control"

    def run(self, module: ir.Module) -> None:
        for op in reversed(operations_in(module.operation)):  # inner ones first
            if op.name == "scf.index_switch":
                _branch(op)
            elif op.name == "scf.execute_region" and len(op.regions[0].blocks) == 1:
                _take_out(op)


def _branch(op: ir.Operation) -> None:
    """A branch for each case, in the other side of the one before."""
    default, *cases = op.regions
    numbers = list(ir.DenseI64ArrayAttr(op.attributes["cases"]))
    types = [result.type for result in op.results]
    point, outer = ir.InsertionPoint(op), None
    first: scf.IfOp | None = None
    for number, case in zip(numbers, cases, strict=True):
        with point, op.location:
            here = arith.cmpi(arith.CmpIPredicate.eq, op.operands[0], index(number))
            branch = scf.IfOp(here, types, has_else=True)
            if outer is not None:
                scf.YieldOp(list(branch.results))
        _move(case.blocks[0], branch.regions[0].blocks[0])
        first, outer = first or branch, branch
        point = ir.InsertionPoint(branch.regions[1].blocks[0])
    if first is None or outer is None:
        _take_out(op)
        return
    _move(default.blocks[0], outer.regions[1].blocks[0])
    for old, new in zip(op.results, first.results, strict=True):
        old.replace_all_uses_with(new)
    op.erase()


def _move(block: ir.Block, to: ir.Block) -> None:
    for inner in list(block.operations):
        to.append(inner)


def _take_out(op: ir.Operation) -> None:
    """The operations of the only block, in the place of `op`."""
    *inside, end = op.regions[0].blocks[0].operations
    for inner in inside:
        inner.operation.move_before(op)
    for old, new in zip(op.results, end.operands, strict=True):
        old.replace_all_uses_with(new)
    op.erase()
