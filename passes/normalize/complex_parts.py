"""Tensors of complex numbers as pairs in memory, and as two tensors of their parts."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.ir.slices import extract_slice
from clawc.passes.normalize.build import Size, empty, index, size_of

Pair = tuple[ir.Value, ir.Value]
Parts = dict[ir.Value, Pair]  # what complex values have become


def element_of(type_: ir.Type) -> ir.Type:
    """The element type of a tensor; of anything else the type itself."""
    return type_.element_type if isinstance(type_, ir.RankedTensorType) else type_


def is_complex(type_: ir.Type) -> bool:
    return isinstance(element_of(type_), ir.ComplexType)


def part_types(type_: ir.Type) -> list[ir.Type]:
    """The types of both parts of a complex value; of any other that type alone."""
    element = element_of(type_)
    if not isinstance(element, ir.ComplexType):
        return [type_]
    if not isinstance(type_, ir.RankedTensorType):
        return [element.element_type] * 2
    return [ir.RankedTensorType.get(type_.shape, element.element_type)] * 2


def interleaved_type(type_: ir.Type) -> ir.RankedTensorType:
    """Pairs of a real and an imaginary part, as NumPy has them; a scalar has no dimensions."""
    element = element_of(type_)
    assert isinstance(element, ir.ComplexType)
    shape = type_.shape if isinstance(type_, ir.RankedTensorType) else []
    return ir.RankedTensorType.get([*shape, 2], element.element_type)


def read_pair(pair: ir.Value) -> Pair:
    """Both elements of a tensor of two."""
    real, imaginary = (tensor.ExtractOp(pair, [index(i)]).result for i in range(2))
    return real, imaginary


def pair_of(real: ir.Value, imaginary: ir.Value) -> ir.Value:
    """A tensor of two scalars."""
    type_ = ir.RankedTensorType.get([2], real.type)
    return tensor.FromElementsOp(type_, [real, imaginary]).result


def slices(pairs: ir.Value) -> Pair:
    """The first and the second of each pair."""
    return _slice(pairs, 0), _slice(pairs, 1)


def _slice(pairs: ir.Value, number: int) -> ir.Value:
    rank = ir.RankedTensorType(pairs.type).rank - 1
    sizes: list[Size] = [size_of(pairs, dim) for dim in range(rank)]
    return extract_slice(pairs, [*[0] * rank, number], [*sizes, 1], dropped=[rank])


def interleaved(real: ir.Value, imaginary: ir.Value) -> ir.Value:
    """Pairs of the elements of both."""
    type_ = ir.RankedTensorType(real.type)
    rank = type_.rank
    sizes: list[Size] = [size_of(real, dim) for dim in range(rank)]
    out = empty([*sizes, 2], type_.element_type)
    each = ir.AffineMap.get(rank + 1, 0, [ir.AffineExpr.get_dim(i) for i in range(rank)])
    maps = [each, each, ir.AffineMap.get_identity(rank + 1)]
    iterators = ["parallel"] * (rank + 1)
    generic = linalg.GenericOp([out.type], [real, imaginary], [out], maps, iterators)
    block = generic.regions[0].blocks.append(*[type_.element_type] * 3)
    with ir.InsertionPoint(block):
        first = arith.cmpi(arith.CmpIPredicate.eq, linalg.IndexOp(rank).result, index(0))
        linalg.YieldOp([arith.select(first, block.arguments[0], block.arguments[1])])
    wanted = ir.RankedTensorType.get([*type_.shape, 2], type_.element_type)
    result = generic.results[0]
    return result if result.type == wanted else tensor.CastOp(wanted, result).result
