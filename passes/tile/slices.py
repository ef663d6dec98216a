"""Pieces of the tiled program: where a block is in the domain, slices there, ops on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.ir.body import body_of
from clawc.passes.tile.analysis import tensor_type
from clawc.passes.tile.group import UNIT, Access, Member

Size = int | ir.Value


@dataclass
class Scope:
    """The tiles made so far in a block, and where in the domain the block is."""

    offsets: list[Size]
    sizes: list[Size]
    parent: Scope | None = None
    made: dict[object, ir.Value] = field(default_factory=dict)

    def find(self, key: object) -> ir.Value | None:
        scope: Scope | None = self
        while scope:
            if key in scope.made:
                return scope.made[key]
            scope = scope.parent
        return None


def put_on_tiles(
    member: Member, inputs: list[ir.Value], inits: list[ir.Value], scope: Scope
) -> ir.Operation:
    domain = member.domain
    loops = {d: ir.AffineExpr.get_dim(i) for i, d in enumerate(domain)}
    dims = [a.dims if isinstance(a, Access) else () for a in (*member.inputs, *member.outputs)]
    maps = [ir.AffineMap.get(len(domain), 0, [loops[d] for d in ds]) for ds in dims]
    kinds = ["reduction" if d in member.reduces else "parallel" for d in domain]
    op = linalg.GenericOp(
        [v.type for v in inits],
        inputs,
        inits,
        ir.ArrayAttr.get([ir.AffineMapAttr.get(m) for m in maps]),
        ir.ArrayAttr.get([ir.Attribute.parse(f"#linalg.iterator_type<{k}>") for k in kinds]),
    )
    source = body_of(member.op)
    block = op.regions[0].blocks.append(*(a.type for a in source.arguments))
    values = dict(zip(source.arguments, block.arguments, strict=True))
    with ir.InsertionPoint(block):
        for inner in source.operations:
            if inner.operation.name == "linalg.index":
                loop = member.loops[ir.IntegerAttr(inner.operation.attributes["dim"]).value]
                values[inner.operation.results[0]] = _coordinate(loop, domain, scope)
                continue
            clone = inner.operation.clone()
            for i, operand in enumerate(inner.operation.operands):
                if operand in values:
                    clone.operands[i] = values[operand]
            values.update(zip(inner.operation.results, clone.operation.results, strict=True))
    return op.operation


def _coordinate(d: int, domain: Sequence[int], scope: Scope) -> ir.Value:
    """What linalg.index was before tiling."""
    if d == UNIT:
        return index(0)
    here, offset = linalg.IndexOp(domain.index(d)).result, scope.offsets[d]
    return here if isinstance(offset, int) else arith.addi(here, offset)


def index(value: int) -> ir.Value:
    return arith.constant(ir.IndexType.get(), value)


def as_value(size: Size) -> ir.Value:
    return index(size) if isinstance(size, int) else size


def times(size: Size, factor: int) -> Size:
    if isinstance(size, int) or factor == 0:
        return size * factor if isinstance(size, int) else 0
    return size if factor == 1 else arith.muli(size, index(factor))


def add(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if a == 0 or b == 0:
        return b if a == 0 else a
    return arith.addi(as_value(a), as_value(b))


def mixed(sizes: Sequence[Size]) -> tuple[list[ir.Value], ir.DenseI64ArrayAttr]:
    """Sizes as an op keeps them: as operands where dynamic, and as an attribute."""
    dynamic = ir.ShapedType.get_dynamic_size()
    static = [s if isinstance(s, int) else dynamic for s in sizes]
    return [s for s in sizes if not isinstance(s, int)], ir.DenseI64ArrayAttr.get(static)


def _window(dims: Sequence[int], scope: Scope) -> list:
    offsets, static_offsets = mixed([scope.offsets[d] for d in dims])
    sizes, static_sizes = mixed([scope.sizes[d] for d in dims])
    ones = ir.DenseI64ArrayAttr.get([1] * len(dims))
    return [offsets, sizes, [], static_offsets, static_sizes, ones]


def cut(source: ir.Value, dims: Sequence[int], scope: Scope) -> ir.Value:
    if not dims:
        return source
    window = _window(dims, scope)
    result = ir.RankedTensorType.get(list(window[4]), tensor_type(source).element_type)
    return tensor.ExtractSliceOp(result, source, *window).result


def insert(tile: ir.Value, target: ir.Value, dims: Sequence[int], scope: Scope) -> ir.Value:
    """`target` with the tile in it."""
    return tensor.InsertSliceOp(tile, target, *_window(dims, scope)).result


def store(tile: ir.Value, target: ir.Value, dims: Sequence[int], scope: Scope) -> None:
    """Put the tile into what the workgroups make together."""
    tensor.ParallelInsertSliceOp(tile, target, *_window(dims, scope))


def as_tensor(memory: ir.Value) -> ir.Type:
    type_ = ir.MemRefType(memory.type)
    return ir.RankedTensorType.get(type_.shape, type_.element_type)
