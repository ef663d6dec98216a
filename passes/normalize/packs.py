"""linalg.pack and linalg.unpack, as generics and views.

    %p = linalg.pack %x inner_dims_pos = [1] inner_tiles = [8] : tensor<5x24> -> tensor<5x3x8>

is a reshape to 5x3x8 whose dimensions are then put in order, which costs nothing where the reader
takes it into its maps.  Where tiles leave a rest, or their sizes are not known, an element is read
where it comes from: p[i, j, t] at x[i, 8 j + t], or the padding beyond the end.  unpack is the
inverse.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.ir.constants import constant
from clawc.passes.normalize.build import (
    DYNAMIC,
    Size,
    all_of,
    apply,
    as_value,
    below,
    choose,
    empty,
    mixed,
    produce,
    size_of,
)


def lower_pack(op: linalg.PackOp) -> ir.Value:
    type_ = ir.RankedTensorType(op.results[0].type)
    source, order, tiles = op.source, _outer(op), _tiles(op)
    ragged = _ragged(op.source, op.dest, order, tiles)
    if not ragged:
        return _packed(source, order, tiles)

    def element(indices: list[ir.Value]) -> ir.Value:
        places = [indices[order.index(dim)] for dim in range(len(order))]
        for (dim, tile), inner in zip(tiles.items(), indices[len(order) :], strict=True):
            places[dim] = arith.addi(arith.muli(places[dim], as_value(tile)), inner)
        padding = op.padding_value
        return choose(
            all_of([below(places[dim], size_of(source, dim)) for dim in ragged]),
            lambda: tensor.ExtractOp(source, places).result,
            lambda: constant(type_.element_type, 0) if padding is None else padding,
            type_.element_type,
        )

    return produce([size_of(op.dest, i) for i in range(type_.rank)], type_.element_type, element)


def lower_unpack(op: linalg.UnPackOp) -> ir.Value:
    type_ = ir.RankedTensorType(op.results[0].type)
    order, tiles = _outer(op), _tiles(op)
    if not _ragged(op.dest, op.source, order, tiles):
        return _unpacked(op.source, order, tiles)

    def element(indices: list[ir.Value]) -> ir.Value:
        outer = [
            arith.divui(indices[dim], as_value(tiles[dim])) if dim in tiles else indices[dim]
            for dim in order
        ]
        inner = [arith.remui(indices[dim], as_value(tile)) for dim, tile in tiles.items()]
        return tensor.ExtractOp(op.source, [*outer, *inner]).result

    return produce([size_of(op.dest, i) for i in range(type_.rank)], type_.element_type, element)


def _outer(op: linalg.PackOp | linalg.UnPackOp) -> list[int]:
    """The unpacked dimension of each outer dimension of what is packed."""
    rank = ir.RankedTensorType((op.source if isinstance(op, linalg.PackOp) else op.dest).type).rank
    return list(op.outer_dims_perm or range(rank))


def _tiles(op: linalg.PackOp | linalg.UnPackOp) -> dict[int, Size]:
    """The size of the tile of each unpacked dimension that has one, in the order of the tiles."""
    sizes = mixed(list(op.static_inner_tiles), list(op.inner_tiles))
    return dict(zip(op.inner_dims_pos, sizes, strict=True))


def _ragged(
    plain: ir.Value, packed: ir.Value, order: list[int], tiles: dict[int, Size]
) -> list[int]:
    """The dimensions of `plain` that are not known to be filled by their tiles."""
    shape, tiled = (ir.RankedTensorType(value.type).shape for value in (plain, packed))
    found = []
    for dim, tile in tiles.items():
        count = tiled[order.index(dim)]
        known = isinstance(tile, int) and DYNAMIC not in (shape[dim], count)
        if not known or shape[dim] != count * tile:
            found.append(dim)
    return found


def _packed(source: ir.Value, order: list[int], tiles: dict[int, Size]) -> ir.Value:
    """`source` with its dimensions cut in tiles, and those in order."""
    type_ = ir.RankedTensorType(source.type)
    groups, apart = _apart(order, tiles)
    sizes: list[Size] = []
    for dim in range(type_.rank):
        tile = tiles.get(dim)
        size = size_of(source, dim)
        sizes += [size] if tile is None else [type_.shape[dim] // tile, tile]
    if tiles:
        static = [DYNAMIC if isinstance(size, ir.Value) else size for size in sizes]
        dynamic = [size for size in sizes if isinstance(size, ir.Value)]
        cut = ir.RankedTensorType.get(static, type_.element_type)
        source = tensor.ExpandShapeOp(cut, source, groups, dynamic, static).result
    return _transposed(source, _inverse(apart), [sizes[i] for i in apart])


def _unpacked(source: ir.Value, order: list[int], tiles: dict[int, Size]) -> ir.Value:
    """The inverse of `_packed`."""
    groups, apart = _apart(order, tiles)
    value = _transposed(source, apart, [size_of(source, i) for i in _inverse(apart)])
    if not tiles:
        return value
    shape = ir.RankedTensorType(value.type).shape
    merged = [shape[g[0]] if len(g) == 1 else shape[g[0]] * shape[g[1]] for g in groups]
    element = ir.RankedTensorType(source.type).element_type
    type_ = ir.RankedTensorType.get(merged, element)
    return tensor.CollapseShapeOp(type_, value, groups).result


def _apart(order: list[int], tiles: dict[int, Size]) -> tuple[list[list[int]], list[int]]:
    """Of a tensor with its tiles as dimensions of their own: which of those each dimension became;
    and which one is each of the packed dimensions."""
    groups: list[list[int]] = []
    for dim in range(len(order)):
        first = groups[-1][-1] + 1 if groups else 0
        groups.append([first, first + 1] if dim in tiles else [first])
    return groups, [groups[dim][0] for dim in order] + [groups[dim][1] for dim in tiles]


def _inverse(order: list[int]) -> list[int]:
    return sorted(range(len(order)), key=lambda i: order[i])


def _transposed(source: ir.Value, reads: list[int], sizes: Sequence[Size]) -> ir.Value:
    """A tensor of `sizes`, whose dimension `reads[i]` is dimension i of `source`."""
    rank = len(sizes)
    element = ir.RankedTensorType(source.type).element_type
    read = ir.AffineMap.get(rank, 0, [ir.AffineDimExpr.get(i) for i in reads])
    maps = [read, ir.AffineMap.get_identity(rank)]
    return apply([source], maps, empty(sizes, element), ["parallel"] * rank, lambda x, _: x)


PACKS = {linalg.PackOp: lower_pack, linalg.UnPackOp: lower_unpack}
