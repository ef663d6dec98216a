"""Reductions that select: the largest or smallest value, and where it is (argmax, max along a
dimension, argmin), as front ends write them.

    ^bb0(%x: f32, %most: f32, %where: i64):
      %i = arith.index_cast (linalg.index 1)
      %m = arith.maximumf %x, %most            // or: arith.select %better, %x, %most
      %better = arith.cmpf ogt, %x, %most
      %w = arith.select %better, %i, %where
      linalg.yield %m, %w

Of equal values the first counts with `gt` and `lt`, the last with `ge` and `le`.  Where the value
is combined by maximumf or minimumf, NaN is what they give, and the index of the first goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir

from clawc.passes.ir.body import COMBINING, body_of, terminator

_ORDERED = {2: "gt", 3: "ge", 4: "lt", 5: "le"}  # of floats
_SIGNED = {2: "lt", 3: "le", 4: "gt", 5: "ge"}
_UNSIGNED = {6: "lt", 7: "le", 8: "gt", 9: "ge"}
_MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_KINDS = {"gt": "max", "ge": "max", "lt": "min", "le": "min"}


@dataclass(frozen=True)
class Selection:
    """Results number `of_value` and `of_index` of an op: the `kind` (of `COMBINING`) of all
    `value`, and the `index` of the first or the last that is it."""

    of_value: int
    of_index: int
    value: ir.Value
    index: ir.Value
    kind: str
    first: bool
    compare: ir.Operation  # of a value with what was selected so far

    @property
    def takes_nan(self) -> bool:
        return self.kind in ("maximumf", "minimumf")


def selection(op: ir.OpView | ir.Operation) -> Selection | None:
    """What a reduction with two results selects; None if it is not of that kind."""
    if len(op.results) != 2 or "indexing_maps" not in op.attributes:
        return None
    maps = list(ir.ArrayAttr(op.attributes["indexing_maps"]))
    if maps[-1] != maps[-2]:
        return None
    block = body_of(op)
    sofar = [block.arguments[len(block.arguments) - 2 + i] for i in range(2)]
    for of_value, of_index in ((0, 1), (1, 0)):
        found = _selection(block, sofar, of_value, of_index)
        if found is not None:
            return found
    return None


def _selection(
    block: ir.Block, sofar: Sequence[ir.Value], of_value: int, of_index: int
) -> Selection | None:
    most, where = sofar[of_value], sofar[of_index]
    values = terminator(block).operands
    index = _made(values[of_index], "arith.select")
    if index is None or index.operands[2] != where or _uses(where) != [index]:
        return None
    compare = _made(index.operands[0], "arith.cmpf", "arith.cmpi")
    if compare is None or most not in compare.operands:
        return None
    value = next((v for v in compare.operands if v != most), None)
    order = _order(compare, compare.operands[1] == most)
    if value is None or order is None or not isinstance(index.results[0].type, ir.IntegerType):
        return None
    kept = _made(values[of_value], "arith.select", *COMBINING)
    if kept is None or set(_uses(most)) != {compare, kept}:
        return None
    kind = _kind(kept, compare, value, most, order)
    if kind is None:
        return None
    first = order in ("gt", "lt")
    return Selection(of_value, of_index, value, index.operands[1], kind, first, compare)


def _kind(
    kept: ir.Operation, compare: ir.Operation, value: ir.Value, most: ir.Value, order: str
) -> str | None:
    """How the value is combined, if that agrees with the comparison."""
    prefix = _KINDS[order]
    if kept.name == "arith.select":
        if list(kept.operands) != [compare.results[0], value, most]:
            return None
        if compare.name == "arith.cmpf":
            return f"{prefix}numf"
        unsigned = ir.IntegerAttr(compare.attributes["predicate"]).value in _UNSIGNED
        return f"{prefix}{'ui' if unsigned else 'si'}"
    kind = COMBINING[kept.name]
    agrees = kind.startswith(prefix) and set(kept.operands) == {value, most}
    return kind if agrees else None


def _order(compare: ir.Operation, straight: bool) -> str | None:
    """How a value stands to what was selected, if it is taken."""
    predicate = ir.IntegerAttr(compare.attributes["predicate"]).value
    if compare.name == "arith.cmpf":
        order = _ORDERED.get(predicate)
    else:
        order = {**_SIGNED, **_UNSIGNED}.get(predicate)
    return order if straight or order is None else _MIRRORED[order]


def _made(value: ir.Value, *names: str) -> ir.Operation | None:
    """The operation of one of these names that makes `value`."""
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.name not in names:
        return None
    return owner.operation


def _uses(value: ir.Value) -> list[ir.Operation]:
    return [use.owner.operation for use in value.uses]
