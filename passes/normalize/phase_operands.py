"""The operands of the convolution of phases: the input with zeros around it, weights by phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.ir.constants import constant
from clawc.passes.ir.loops import shape_of
from clawc.passes.ir.maps import indexing_maps
from clawc.passes.normalize.build import (
    DYNAMIC,
    Size,
    add,
    all_of,
    below,
    choose,
    index,
    known_size,
    mixed,
    produce,
    size_of,
)
from clawc.passes.normalize.elements import element_at
from clawc.passes.normalize.phases import Phases
from clawc.passes.normalize.reshape_split import reassociation


@dataclass(frozen=True)
class Along:
    """Phases along dimension `dim` of the operand, `source_dim` of what is inserted into it: of the
    outputs of one loop, at the taps of another."""

    phases: Phases
    dim: int
    source_dim: int
    output: int
    tap: int


@dataclass(frozen=True)
class Spaced:
    """A tensor that is inserted into zeros, its elements apart: the first one at `offsets` of
    `whole`, which may be a slice of that; then dimensions without steps are split, if at all."""

    insert: tensor.InsertSliceOp
    whole: ir.Value
    offsets: tuple[int, ...]
    expand: tensor.ExpandShapeOp | None

    def is_covered(self, dim: int) -> bool:
        """Whether the tensor has all of a dimension."""
        same = known_size(self.insert.source, dim) == known_size(self.whole, dim)
        return same and self.offsets[dim] == 0 and self.insert.static_strides[dim] == 1


@dataclass(frozen=True)
class Dilated:
    """Operand `number` of a convolution, and where outputs have phases."""

    number: int
    spaced: Spaced
    along: tuple[Along, ...]


def padded_input(dilated: Dilated, counts: Sequence[Size]) -> ir.Value:
    """What is inserted, with as many zeros around it as the taps reach."""
    spaced = dilated.spaced
    source = spaced.insert.source
    rank = len(shape_of(source))
    low: list[Size] = list(spaced.offsets)
    high: list[Size] = [0] * rank
    moving = {each.source_dim: i for i, each in enumerate(dilated.along)}
    lengths = [size_of(source, dim) for dim in range(rank)]
    for dim, length in enumerate(lengths):
        if dim in moving:
            i = moving[dim]
            phases = dilated.along[i].phases
            low[dim] = max(0, -phases.first)
            last = phases.first + phases.spread + phases.dilation * (phases.taps - 1) - 1
            high[dim] = at_least_0(add(add(counts[i], last), negated(length, 1)))
        elif not spaced.is_covered(dim):
            whole = size_of(spaced.whole, dim)
            high[dim] = add(whole, negated(add(length, low[dim]), 0))
    padded = pad(source, low, high)
    return padded if spaced.expand is None else _expanded(spaced.expand, padded)


def _expanded(expand: tensor.ExpandShapeOp, source: ir.Value) -> ir.Value:
    """`source` with the dimensions that `expand` splits."""
    groups = reassociation(expand)
    split = mixed(list(expand.static_output_shape), list(expand.output_shape))
    sizes: list[Size] = []
    for dim, group in enumerate(groups):
        sizes += [size_of(source, dim)] if len(group) == 1 else [split[i] for i in group]
    element = ir.RankedTensorType(source.type).element_type
    static = [size if isinstance(size, int) else DYNAMIC for size in sizes]
    dynamic = [size for size in sizes if not isinstance(size, int)]
    type_ = ir.RankedTensorType.get(static, element)
    return tensor.ExpandShapeOp(type_, source, groups, dynamic, static).result


def weights_of_phases(op: linalg.GenericOp, dilated: Dilated) -> ir.Value:
    """For each phase those of its taps; 0 where it has one less than others."""
    number = 1 - dilated.number
    value, map_ = op.operands[number], indexing_maps(op)[number]
    taps = {
        list(map_.results).index(ir.AffineDimExpr.get(each.tap)): i
        for i, each in enumerate(dilated.along)
    }
    count = len(dilated.along)
    shape = [size_of(value, dim) for dim in range(len(shape_of(value)))]
    sizes: list[Size] = [each.phases.step for each in dilated.along]
    sizes += [
        dilated.along[taps[dim]].phases.taps if dim in taps else n for dim, n in enumerate(shape)
    ]
    element = ir.RankedTensorType(value.type).element_type

    def one(indices: list[ir.Value]) -> ir.Value:
        places, inside = indices[count:], []
        for dim, i in taps.items():
            phases, number = dilated.along[i].phases, shape[dim]
            at = arith.muli(places[dim], index(phases.step))
            at = arith.addi(at, index(phases.tap.start))
            part = arith.muli(indices[i], index(phases.tap.slope))
            places[dim] = arith.addi(at, part)
            if number != phases.step * phases.taps:
                inside.append(below(places[dim], number))
        if not inside:
            return element_at(value, places)
        return choose(
            all_of(inside),
            lambda: element_at(value, places),
            lambda: constant(element, 0),
            element,
        )

    return produce(sizes, element, one)


def pad(source: ir.Value, low: list[Size], high: list[Size]) -> ir.Value:
    """`source` with zeros around it."""
    if all(isinstance(n, int) and n == 0 for n in [*low, *high]):
        return source
    type_ = ir.RankedTensorType(source.type)
    ends = list(zip(type_.shape, low, high, strict=True))
    shape = [
        n + a + b if n != DYNAMIC and isinstance(a, int) and isinstance(b, int) else DYNAMIC
        for n, a, b in ends
    ]
    static = [[n if isinstance(n, int) else DYNAMIC for n in each] for each in (low, high)]
    dynamic = [[n for n in each if not isinstance(n, int)] for each in (low, high)]
    result = ir.RankedTensorType.get(shape, type_.element_type)
    zero = constant(type_.element_type, 0)
    op = tensor.PadOp(result, source, *dynamic, *static)
    block = op.regions[0].blocks.append(*[ir.IndexType.get()] * len(shape))
    with ir.InsertionPoint(block):
        tensor.YieldOp(zero)
    return op.result


# Sizes
def negated(size: Size, more: int) -> Size:
    """more - size."""
    return more - size if isinstance(size, int) else arith.subi(index(more), size)


def at_least_0(size: Size) -> Size:
    return max(size, 0) if isinstance(size, int) else arith.maxsi(size, index(0))
