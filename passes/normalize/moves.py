"""Operations that move data, as generics which read each element where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, tensor

from clawc.passes.ir.loops import uniform
from clawc.passes.kernel.kernel import set_padding
from clawc.passes.normalize.build import (
    Size,
    add,
    all_of,
    as_value,
    below,
    choose,
    index,
    mixed,
    produce,
    size_of,
)
from clawc.passes.normalize.elements import element_at, inlined, is_read_itself

_MOST_SOURCES = 6  # of one concatenating kernel: more are joined in steps


def lower_extract_slice(op: tensor.ExtractSliceOp) -> ir.Value:
    offsets, sizes, strides = slice_of(op)
    type_ = ir.RankedTensorType(op.result.type)
    kept = kept_dims(list(op.static_sizes), type_)

    def element(indices: list[ir.Value]) -> ir.Value:
        inner = dict(zip(kept, indices, strict=True))
        places = []
        for dim, (offset, stride) in enumerate(zip(offsets, strides, strict=True)):
            place = inner[dim] if dim in inner else index(0)
            if stride != 1:
                place = arith.muli(place, as_value(stride))
            places.append(as_value(add(place, offset)))
        return element_at(op.source, places)

    return produce([sizes[dim] for dim in kept], type_.element_type, element)


def lower_insert_slice(op: tensor.InsertSliceOp) -> ir.Value:
    offsets, sizes, strides = slice_of(op)
    type_ = ir.RankedTensorType(op.result.type)
    kept = kept_dims(list(op.static_sizes), ir.RankedTensorType(op.source.type))

    def element(indices: list[ir.Value]) -> ir.Value:
        inside, places = [], []
        for place, offset, size, stride in zip(indices, offsets, sizes, strides, strict=True):
            if offset != 0:
                place = arith.subi(place, as_value(offset))
            if stride != 1:
                rest = arith.remui(place, as_value(stride))
                inside.append(arith.cmpi(arith.CmpIPredicate.eq, rest, index(0)))
                place = arith.divui(place, as_value(stride))
            inside.append(below(place, size))
            places.append(place)
        return choose(
            all_of(inside),
            lambda: element_at(op.source, [places[dim] for dim in kept]),
            lambda: element_at(op.dest, indices),
            type_.element_type,
        )

    if not indices_exist(type_):
        return op.source
    sizes_of_result = [size_of(op.dest, dim) for dim in range(type_.rank)]
    result = produce(sizes_of_result, type_.element_type, element)
    if uniform(op.dest) is not None and len(kept) == type_.rank and set(strides) == {1}:
        parts = zip(sizes_of_result, offsets, sizes, strict=True)
        behind = [n - at - size for n, at, size in parts if _all_known(n, at, size)]
        mark_padding(result, op.source, [at for at in offsets if _all_known(at)], behind)
    return result


def _all_known(*sizes: Size) -> bool:
    return all(isinstance(size, int) for size in sizes)


def lower_pad(op: tensor.PadOp) -> ir.Value:
    low = mixed(list(op.static_low), list(op.low))
    high = mixed(list(op.static_high), list(op.high))
    type_ = ir.RankedTensorType(op.result.type)
    source = op.source
    inner = [size_of(source, dim) for dim in range(type_.rank)]
    sizes = [add(add(n, a), b) for n, a, b in zip(inner, low, high, strict=True)]
    region = op.regions[0].blocks[0]

    def element(indices: list[ir.Value]) -> ir.Value:
        padded = [dim for dim in range(type_.rank) if low[dim] != 0 or high[dim] != 0]
        places = [
            arith.subi(place, as_value(low[dim])) if low[dim] != 0 else place
            for dim, place in enumerate(indices)
        ]
        if not padded:
            return element_at(source, places)
        return choose(
            all_of([below(places[dim], inner[dim]) for dim in padded]),
            lambda: element_at(source, places),
            lambda: inlined(region, indices),
            type_.element_type,
        )

    result = produce(sizes, type_.element_type, element)
    around = [[n for n in ns if _all_known(n)] for ns in (low, high)]
    *inside, end = region.operations
    same = end.operands[0] not in list(region.arguments)
    if same and all(isinstance(each, arith.ConstantOp) for each in inside):
        mark_padding(result, source, *around)
    return result


def mark_padding(
    result: ir.Value, source: ir.Value, low: Sequence[int], high: Sequence[int]
) -> None:
    """Say that `result` is `source`, which it reads itself, and so much around it, if all is known
    and not negative."""
    known = len(low) == len(high) == ir.RankedTensorType(result.type).rank
    if known and min(*low, *high) >= 0 and is_read_itself(source):
        set_padding(result.owner.operation, low, high)


def lower_concat(op: tensor.ConcatOp) -> ir.Value:
    dim = ir.IntegerAttr(op.attributes["dim"]).value
    sources = list(op.inputs)
    while len(sources) > _MOST_SOURCES:
        parts = [sources[i : i + _MOST_SOURCES] for i in range(0, len(sources), _MOST_SOURCES)]
        sources = [join(part, dim) if len(part) > 1 else part[0] for part in parts]
    return join(sources, dim)


def join(sources: Sequence[ir.Value], dim: int) -> ir.Value:
    """The concatenation of `sources` along `dim`."""
    type_ = ir.RankedTensorType(sources[0].type)
    sizes = [size_of(sources[0], i) for i in range(type_.rank)]
    lengths = [size_of(source, dim) for source in sources]
    total: Size = 0
    for length in lengths:
        total = add(total, length)
    sizes[dim] = total

    def element(indices: list[ir.Value], number: int = 0) -> ir.Value:
        if number == len(sources) - 1:
            return element_at(sources[number], indices)

        def later() -> ir.Value:
            rest = arith.subi(indices[dim], as_value(lengths[number]))
            return element([*indices[:dim], rest, *indices[dim + 1 :]], number + 1)

        return choose(
            below(indices[dim], lengths[number]),
            lambda: element_at(sources[number], indices),
            later,
            type_.element_type,
        )

    return produce(sizes, type_.element_type, element)


def lower_generate(op: tensor.GenerateOp) -> ir.Value:
    type_ = ir.RankedTensorType(op.result.type)
    sizes = mixed(list(type_.shape), list(op.dynamicExtents))
    block = op.regions[0].blocks[0]
    return produce(sizes, type_.element_type, lambda indices: inlined(block, indices))


def lower_splat(op: tensor.SplatOp) -> ir.Value:
    type_ = ir.RankedTensorType(op.result.type)
    sizes = mixed(list(type_.shape), list(op.dynamicSizes))
    return produce(sizes, type_.element_type, lambda _: op.input)


def lower_from_elements(op: tensor.FromElementsOp) -> ir.Value:
    type_ = ir.RankedTensorType(op.result.type)
    elements = list(op.elements)

    def element(indices: list[ir.Value]) -> ir.Value:
        place = index(0)
        for size, i in zip(type_.shape, indices, strict=True):
            place = arith.addi(arith.muli(place, index(size)), i)
        chosen = elements[-1]
        for number, value in reversed(list(enumerate(elements[:-1]))):
            here = arith.cmpi(arith.CmpIPredicate.eq, place, index(number))
            chosen = arith.select(here, value, chosen)
        return chosen

    return produce(list(type_.shape), type_.element_type, element)


def lower_insert(op: tensor.InsertOp) -> ir.Value:
    type_ = ir.RankedTensorType(op.result.type)
    sizes = [size_of(op.dest, dim) for dim in range(type_.rank)]

    def element(indices: list[ir.Value]) -> ir.Value:
        old = element_at(op.dest, indices)
        if not indices:
            return op.scalar
        pairs = zip(indices, op.indices, strict=True)
        here = all_of([arith.cmpi(arith.CmpIPredicate.eq, i, at) for i, at in pairs])
        return arith.select(here, op.scalar, old)

    return produce(sizes, type_.element_type, element)


def lower_bitcast(op: tensor.BitcastOp) -> ir.Value:
    type_ = ir.RankedTensorType(op.result.type)
    sizes = [size_of(op.source, dim) for dim in range(type_.rank)]

    def element(indices: list[ir.Value]) -> ir.Value:
        return arith.bitcast(type_.element_type, element_at(op.source, indices))

    return produce(sizes, type_.element_type, element)


def slice_of(
    op: tensor.ExtractSliceOp | tensor.InsertSliceOp,
) -> tuple[list[Size], list[Size], list[Size]]:
    """Offsets, sizes and strides."""
    return (
        mixed(list(op.static_offsets), list(op.offsets)),
        mixed(list(op.static_sizes), list(op.sizes)),
        mixed(list(op.static_strides), list(op.strides)),
    )


def kept_dims(sizes: list[int], type_: ir.RankedTensorType) -> list[int]:
    """The dimensions of a slice that its type keeps: those of size 1 may be dropped."""
    kept: list[int] = []
    for dim, size in enumerate(sizes):
        wanted = len(kept) < type_.rank and type_.shape[len(kept)] == size
        enough = len(sizes) - dim > type_.rank - len(kept)
        if wanted and not (size == 1 and enough and _later(sizes, dim, type_, len(kept))):
            kept.append(dim)
    return kept


def _later(sizes: list[int], dim: int, type_: ir.RankedTensorType, kept: int) -> bool:
    """Whether the rest of the type can still be found after `dim` is dropped."""
    rest = iter(sizes[dim + 1 :])
    return all(any(size == wanted for size in rest) for wanted in list(type_.shape)[kept:])


def indices_exist(type_: ir.RankedTensorType) -> bool:
    return type_.rank > 0


LOWERINGS = {
    tensor.ExtractSliceOp: lower_extract_slice,
    tensor.InsertSliceOp: lower_insert_slice,
    tensor.PadOp: lower_pad,
    tensor.ConcatOp: lower_concat,
    tensor.GenerateOp: lower_generate,
    tensor.SplatOp: lower_splat,
    tensor.FromElementsOp: lower_from_elements,
    tensor.InsertOp: lower_insert,
    tensor.BitcastOp: lower_bitcast,
}
