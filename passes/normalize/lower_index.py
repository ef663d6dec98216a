"""lower-index: operations of the `index` dialect become those of `arith`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith

from clawc.passes.framework.base import Pass

_SAME = {
    **{name: f"{name}i" for name in ("add", "sub", "mul")},
    **{"divs": "divsi", "divu": "divui", "rems": "remsi", "remu": "remui"},
    **{"ceildivs": "ceildivsi", "ceildivu": "ceildivui", "floordivs": "floordivsi"},
    **{"maxs": "maxsi", "maxu": "maxui", "mins": "minsi", "minu": "minui"},
    **{"shl": "shli", "shrs": "shrsi", "shru": "shrui"},
    **{"and": "andi", "or": "ori", "xor": "xori"},
    **{"casts": "index_cast", "castu": "index_castui"},
}
_INDEX_BITS = 64


@dataclass(frozen=True)
class LowerIndex(Pass):
    """The same by other names, wherever it stands: one dialect is enough for what follows.

    Before:

        %m = index.constant 3
        %y = index.mul %x, %m
        %c = index.cmp ult(%y, %m)

    After:

        %m = arith.constant 3 : index
        %y = arith.muli %x, %m : index
        %c = arith.cmpi ult, %y, %m : index
    """

    name: ClassVar[str] = "lower-index"

    def run(self, module: ir.Module) -> None:
        found: list[ir.Operation] = []

        def collect(op: ir.Operation) -> ir.WalkResult:
            if op.name.startswith("index."):
                found.append(op)
            return ir.WalkResult.ADVANCE

        module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
        for op in found:
            with ir.InsertionPoint(op), op.location:
                new = _lowered(op)
            op.results[0].replace_all_uses_with(new)
            op.erase()


def _lowered(op: ir.Operation) -> ir.Value:
    name = op.name.removeprefix("index.")
    type_ = op.results[0].type
    operands = list(op.operands)
    if name in _SAME:
        return ir.Operation.create(f"arith.{_SAME[name]}", [type_], operands).results[0]
    if name == "cmp":
        predicate = str(op.attributes["pred"]).partition("<")[2].rpartition(">")[0]
        wanted = str(predicate.rpartition(" ")[2])
        return arith.cmpi(getattr(arith.CmpIPredicate, wanted), *operands)
    if name == "sizeof":
        return arith.constant(type_, _INDEX_BITS)
    return arith.constant(type_, ir.IntegerAttr(op.attributes["value"]).value)
