"""Splitting loops of a generic: the dimensions that they run over are expanded."""

from __future__ import annotations

import math

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import is_tensor, shape_of
from clawc.passes.normalize.build import Size, size_of

Splits = dict[int, list[Size]]  # loop -> sizes of the loops that take its place, outermost first
_DYNAMIC = ir.ShapedType.get_dynamic_size()


def split_loops(op: linalg.GenericOp, splits: Splits) -> ir.Value | None:
    """Replace `op`; the new generic's first result, or None where `op` cannot be split.

    Operands are expanded; who reads the results reads them collapsed.
    """
    maps = [ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"]]
    if not _can_split(op, maps, splits):
        return None
    start, total = _renumber(maps[0].n_dims, splits)
    with ir.InsertionPoint(op), op.location:
        operands = [
            _expand(value, map_, splits) if is_tensor(value) else value
            for value, map_ in zip(op.operands, maps, strict=True)
        ]
        new_maps = [_split_map(map_, splits, start, total) for map_ in maps]
        kinds = []
        for loop, kind in enumerate(op.attributes["iterator_types"]):
            kinds += [kind] * len(splits.get(loop, [1]))
        inputs, inits = operands[: len(op.inputs)], operands[len(op.inputs) :]
        types = [init.type for init in inits]
        made = linalg.GenericOp(types, inputs, inits, new_maps, ir.ArrayAttr.get(kinds))
        old = body_of(op)
        block = made.regions[0].blocks.append(*(a.type for a in old.arguments))
    for argument, new in zip(old.arguments, block.arguments, strict=True):
        argument.replace_all_uses_with(new)
    for inner in list(old.operations):
        if inner.name == "linalg.index":
            loop = ir.IntegerAttr(inner.attributes["dim"]).value
            number = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), start[loop])
            inner.attributes["dim"] = number
        block.append(inner)
    for result, new, map_ in zip(op.results, made.results, maps[len(inputs) :], strict=True):
        with ir.InsertionPoint(op), op.location:
            groups = _groups(map_, splits)
            result.replace_all_uses_with(tensor.CollapseShapeOp(result.type, new, groups).result)
    first = made.results[0]
    op.operation.erase()
    return first


def reassociation(op: tensor.ExpandShapeOp | tensor.CollapseShapeOp) -> list[list[int]]:
    return [[ir.IntegerAttr(i).value for i in ir.ArrayAttr(g)] for g in op.reassociation]


def _can_split(op: linalg.GenericOp, maps: list[ir.AffineMap], splits: Splits) -> bool:
    """Plain maps; no index of a split loop; and static sizes are so before and after."""
    for inner in body_of(op).operations:
        if len(inner.regions) > 0:
            return False
        if inner.name == "linalg.index":
            if ir.IntegerAttr(inner.attributes["dim"]).value in splits:
                return False
    for value, map_ in zip(op.operands, maps, strict=True):
        shape = shape_of(value) if is_tensor(value) else []
        for size, expr in zip(shape, map_.results, strict=True):
            if isinstance(expr, ir.AffineDimExpr):
                parts = splits.get(expr.position)
                if parts is not None and size != _static(parts):
                    return False
            elif not isinstance(expr, ir.AffineConstantExpr):
                return False
    return True


def _static(sizes: list[Size]) -> int:
    """Their product; -1 if one is dynamic."""
    known = [size for size in sizes if isinstance(size, int)]
    return math.prod(known) if len(known) == len(sizes) else -1


def _renumber(loops: int, splits: Splits) -> tuple[list[int], int]:
    """The first new number of each loop, and how many there are."""
    start, total = [], 0
    for loop in range(loops):
        start.append(total)
        total += len(splits.get(loop, [1]))
    return start, total


def _split_map(map_: ir.AffineMap, splits: Splits, start: list[int], total: int) -> ir.AffineMap:
    exprs: list[ir.AffineExpr] = []
    for expr in map_.results:
        if isinstance(expr, ir.AffineDimExpr):
            first = start[expr.position]
            count = len(splits.get(expr.position, [1]))
            exprs += [ir.AffineDimExpr.get(first + i) for i in range(count)]
        else:
            exprs.append(expr)
    return ir.AffineMap.get(total, 0, exprs)


def _groups(map_: ir.AffineMap, splits: Splits) -> list[list[int]]:
    """Which dimensions an operand's dimensions become."""
    groups: list[list[int]] = []
    total = 0
    for expr in map_.results:
        split = splits.get(expr.position, [1]) if isinstance(expr, ir.AffineDimExpr) else [1]
        groups.append(list(range(total, total + len(split))))
        total += len(split)
    return groups


def _expand(value: ir.Value, map_: ir.AffineMap, splits: Splits) -> ir.Value:
    """`value` with the dimensions of split loops apart; what was collapsed from that is taken."""
    groups = _groups(map_, splits)
    if all(len(group) == 1 for group in groups):
        return value
    sizes: list[Size] = []
    for dim, expr in enumerate(map_.results):
        position = expr.position if isinstance(expr, ir.AffineDimExpr) else -1
        sizes += splits[position] if position in splits else [size_of(value, dim)]
    static = [size if isinstance(size, int) else _DYNAMIC for size in sizes]
    dynamic = [size for size in sizes if not isinstance(size, int)]
    type_ = ir.RankedTensorType.get(static, ir.RankedTensorType(value.type).element_type)
    owner = value.owner
    if not isinstance(owner, ir.Block) and isinstance(owner.opview, tensor.CollapseShapeOp):
        view = owner.opview
        if view.src.type == type_ and reassociation(view) == groups:
            return view.src
    return tensor.ExpandShapeOp(type_, value, groups, dynamic, static).result
