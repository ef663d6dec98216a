"""The indexing maps of a linalg.generic: which loops its operands are indexed by, and how."""

from __future__ import annotations

from mlir import ir


def indexing_maps(op: ir.OpView | ir.Operation) -> list[ir.AffineMap]:
    maps = ir.ArrayAttr(op.operation.attributes["indexing_maps"])
    return [ir.AffineMapAttr(a).value for a in maps]


def named_loops(map_: ir.AffineMap) -> dict[int, int]:
    """Loop -> the first result of the map that is this loop and nothing else."""
    named: dict[int, int] = {}
    for position, expr in enumerate(map_.results):
        if isinstance(expr, ir.AffineDimExpr):
            named.setdefault(expr.position, position)
    return named


def fills(map_: ir.AffineMap, value: ir.Value) -> bool:
    """Whether the loops reach every element of `value`, each in one way."""
    shape = ir.ShapedType(value.type).shape
    units = [dim for dim, e in enumerate(map_.results) if isinstance(e, ir.AffineConstantExpr)]
    return all(shape[dim] == 1 for dim in units) and len(named_loops(map_)) + len(units) == len(
        map_.results
    )


def output_maps(op: ir.OpView | ir.Operation) -> list[ir.AffineMap]:
    return indexing_maps(op)[-len(op.operation.results) :]


def runs_in_order(op: ir.OpView | ir.Operation) -> bool:
    """Whether an element cannot be computed by itself: results are indexed by different loops, and
    take each other's values on the way, or not by one loop a dimension.  The iterations then run
    one after the other, on results in memory."""
    maps, results = output_maps(op), op.operation.results
    return any(map_ != maps[0] for map_ in maps) or not all(map(fills, maps, results))
