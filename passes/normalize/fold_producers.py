"""fold-producers: operands that are a layout or a widening of others are read from those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import body_of
from clawc.passes.ir.loops import defining_op, is_tensor, shape_of, uniform, unit_loops
from clawc.passes.ir.maps import indexing_maps
from clawc.passes.normalize.build import known_size
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.reshape_split import reassociation

_WIDENINGS = ("arith.extf", "arith.extsi", "arith.extui", "arith.sitofp", "arith.uitofp")


@dataclass(frozen=True)
class FoldProducers(Pass):
    """Transposes, broadcasts, unit dimensions and widening casts go into the maps and bodies of
    the generics that read them: each costs less than storing its result.

    Before:

        %t = linalg.generic {maps = [(i, j) -> (j, i), (i, j) -> (i, j)]} ins(%w) { yield %in }
        %y = linalg.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), ...]} ins(%x, %t)

    After:

        %y = linalg.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (n, k), ...]} ins(%x, %w)
    """

    name: ClassVar[str] = "fold-producers"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in block.operations:
                if isinstance(op, linalg.GenericOp):
                    _drop_unit_loops(op)
                    for number in range(len(op.inputs)):
                        while _fold(op, number):
                            pass


def _fold(op: linalg.GenericOp, number: int) -> bool:
    """Read operand `number` from where its producer has it; False if there is no such thing."""
    value = op.operands[number]
    if not is_tensor(value) or uniform(value) is not None:
        return False
    producer = defining_op(value)
    maps = indexing_maps(op)
    widening: ir.OpView | None = None
    if isinstance(producer, tensor.ExpandShapeOp):
        exprs = _through_expand(producer, maps[number])
    elif isinstance(producer, tensor.CollapseShapeOp):
        exprs = _through_collapse(producer, maps[number])
    elif isinstance(producer, linalg.GenericOp) and _is_cheap(producer):
        exprs = _through_generic(producer, maps[number])
        first = next(iter(body_of(producer).operations))
        widening = first if first.name in _WIDENINGS else None
    else:
        return False
    if exprs is None:
        return False
    assert producer is not None
    folded = ir.AffineMap.get(maps[number].n_dims, 0, exprs)
    if _named(maps) - _named([*maps[:number], folded, *maps[number + 1 :]]):
        return False  # nothing else would say how often that loop runs
    maps[number] = folded
    op.operation.operands[number] = producer.operands[0]
    op.attributes["indexing_maps"] = ir.ArrayAttr.get([ir.AffineMapAttr.get(m) for m in maps])
    if widening is not None:
        _widen(body_of(op), number, widening)
    return True


def _drop_unit_loops(op: linalg.GenericOp) -> None:
    """Let sums in maps do without loops that run once: a 1 x 1 convolution reads (n, c, h, w)."""
    maps = indexing_maps(op)
    units = unit_loops(op, maps, maps[0].n_dims)
    if not units:
        return
    simpler = [
        ir.AffineMap.get(
            m.n_dims, 0, [_without(op, number, dim, units) for dim in range(len(m.results))]
        )
        for number, m in enumerate(maps)
    ]
    if simpler != maps:
        attributes = [ir.AffineMapAttr.get(m) for m in simpler]
        op.attributes["indexing_maps"] = ir.ArrayAttr.get(attributes)


def _without(op: linalg.GenericOp, number: int, dim: int, units: frozenset[int]) -> ir.AffineExpr:
    """How dimension `dim` of operand `number` is indexed, the loops in `units` being 0.

    A sum becomes a loop by itself only where the dimension is known to be as long as that loop:
    a window may leave a rest, and the dimension of a loop by itself says how often that runs.
    """
    expr = indexing_maps(op)[number].results[dim]
    if not isinstance(expr, ir.AffineAddExpr):
        return expr
    parts = [part for part in _terms(expr) if not _is_unit(part, units)]
    left: ir.AffineExpr = parts[0] if parts else ir.AffineConstantExpr.get(0)
    for part in parts[1:]:
        left = ir.AffineExpr.get_add(left, part)
    is_loop = isinstance(left, ir.AffineDimExpr)
    return expr if is_loop and not _is_as_long(op, number, dim, left.position) else left


def _terms(expr: ir.AffineExpr) -> list[ir.AffineExpr]:
    return _terms(expr.lhs) + _terms(expr.rhs) if isinstance(expr, ir.AffineAddExpr) else [expr]


def _is_as_long(op: linalg.GenericOp, number: int, dim: int, loop: int) -> bool:
    """Whether a dimension is known to be of the length of `loop`, by another operand."""
    length = known_size(op.operands[number], dim)
    return any(
        known_size(other, position) == length
        for other, map_ in zip(op.operands, indexing_maps(op), strict=True)
        for position, expr in enumerate(map_.results)
        if isinstance(expr, ir.AffineDimExpr) and expr.position == loop
    )


def _is_unit(expr: ir.AffineExpr, units: frozenset[int]) -> bool:
    if isinstance(expr, ir.AffineMulExpr):
        return _is_unit(expr.lhs, units)
    return isinstance(expr, ir.AffineDimExpr) and expr.position in units


def _named(maps: list[ir.AffineMap]) -> set[int]:
    exprs = [expr for map_ in maps for expr in map_.results]
    return {expr.position for expr in exprs if isinstance(expr, ir.AffineDimExpr)}


def _is_cheap(op: linalg.GenericOp) -> bool:
    """One input, which the body yields as it is or widened."""
    if len(op.inputs) != 1 or len(op.results) != 1 or not is_tensor(op.inputs[0]):
        return False
    if any("parallel" not in str(kind) for kind in ir.ArrayAttr(op.attributes["iterator_types"])):
        return False
    block = body_of(op)
    inner = list(block.operations)
    if len(inner) > 2 or inner[0].operands[0] != block.arguments[0]:
        return False
    return len(inner) == 1 or inner[0].name in _WIDENINGS


def _through_generic(op: linalg.GenericOp, read: ir.AffineMap) -> list[ir.AffineExpr] | None:
    """What of the input of `op` is read where its result is read by `read`."""
    source, result = (ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"])
    place: dict[int, ir.AffineExpr] = {}
    for made, expr in zip(result.results, read.results, strict=True):
        if not isinstance(made, ir.AffineDimExpr) or made.position in place:
            return None
        place[made.position] = expr
    exprs = []
    for expr in source.results:
        if isinstance(expr, ir.AffineDimExpr) and expr.position in place:
            exprs.append(place[expr.position])
        elif isinstance(expr, ir.AffineConstantExpr):
            exprs.append(expr)
        else:
            return None
    return exprs


def _units_but_one(shape: list[int], group: list[int]) -> int | None:
    """The dimension of `group` that is not of size 1 (any if all are); None if there are more."""
    large = [dim for dim in group if shape[dim] != 1]
    return None if len(large) > 1 else (large or group)[0]


def _through_expand(op: tensor.ExpandShapeOp, read: ir.AffineMap) -> list[ir.AffineExpr] | None:
    """Where units were added: the other dimensions."""
    exprs = []
    for group in reassociation(op):
        dim = _units_but_one(shape_of(op.result), group)
        if dim is None:
            return None
        exprs.append(read.results[dim])
    return exprs


def _through_collapse(op: tensor.CollapseShapeOp, read: ir.AffineMap) -> list[ir.AffineExpr] | None:
    """Where units were dropped: 0 in them."""
    shape = shape_of(op.src)
    zero: ir.AffineExpr = ir.AffineConstantExpr.get(0)
    if not reassociation(op):
        return [zero for _ in shape]
    exprs: list[ir.AffineExpr] = []
    for expr, group in zip(read.results, reassociation(op), strict=True):
        dim = _units_but_one(shape, group)
        if dim is None:
            return None
        exprs += [expr if i == dim else zero for i in group]
    return exprs


def _widen(block: ir.Block, number: int, widening: ir.OpView) -> None:
    """Let the body take what `widening` takes, and widen it itself."""
    argument = block.arguments[number]
    argument.set_type(widening.operands[0].type)
    with ir.InsertionPoint.at_block_begin(block):
        clone = widening.operation.clone()
    argument.replace_all_uses_with(clone.results[0])
    clone.operands[0] = argument
