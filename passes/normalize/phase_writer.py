"""Writes a transposed convolution as the convolution of its phases, and interleaves those."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, linalg, tensor

from clawc.passes.ir.body import body_of
from clawc.passes.ir.constants import constant
from clawc.passes.ir.loops import defining_op, uniform
from clawc.passes.ir.maps import indexing_maps
from clawc.passes.ir.slices import extract_slice
from clawc.passes.normalize.build import (
    DYNAMIC,
    Size,
    add,
    apply,
    empty,
    index,
    size_of,
)
from clawc.passes.normalize.elements import inlined
from clawc.passes.normalize.phase_operands import (
    Along,
    Dilated,
    padded_input,
    weights_of_phases,
)


class PhaseWriter:
    """Writes at the insertion point, before `op`."""

    def __init__(self, op: linalg.GenericOp, dilated: Dilated) -> None:
        self.op, self.dilated, self.along = op, dilated, dilated.along
        self.maps = indexing_maps(op)
        self.loops = self.maps[0].n_dims  # those of the phases follow
        init = op.outputs[0]
        self.result = ir.RankedTensorType(init.type)
        self.sizes = [size_of(init, dim) for dim in range(self.result.rank)]
        self.places = [self._place(each) for each in self.along]  # in the result
        self.counts = [  # of outputs of each phase
            rounded_up(add(self.sizes[place], each.phases.lead), each.phases.step)
            for place, each in zip(self.places, self.along, strict=True)
        ]

    def write(self) -> ir.Value:
        """What `op` computes."""
        dilated = self.dilated
        result = self._interleaved(
            self._convolved(padded_input(dilated, self.counts), weights_of_phases(self.op, dilated))
        )
        init = self.op.outputs[0]
        if is_zero(init):
            return result
        identity = ir.AffineMap.get_identity(self.result.rank)
        plus = arith.addf if isinstance(self.result.element_type, ir.FloatType) else arith.addi
        return apply(
            [init, result],
            [identity] * 3,
            empty(self.sizes, self.result.element_type),
            ["parallel"] * self.result.rank,
            lambda a, b, _: plus(a, b),
        )

    def _place(self, along: Along) -> int:
        exprs = list(self.maps[2].results)
        return exprs.index(ir.AffineDimExpr.get(along.output))

    def _convolved(self, source: ir.Value, weights: ir.Value) -> ir.Value:
        """All phases, with those in front."""
        number, total = self.dilated.number, self.loops + len(self.along)
        phase = [ir.AffineDimExpr.get(self.loops + i) for i in range(len(self.along))]
        exprs = list(self.maps[number].results)
        for each in self.along:
            output, tap = (ir.AffineDimExpr.get(loop) for loop in (each.output, each.tap))
            exprs[each.dim] = output + tap * each.phases.dilation + max(0, each.phases.first)
        maps = [None, None, ir.AffineMap.get(total, 0, [*phase, *self.maps[2].results])]
        maps[number] = ir.AffineMap.get(total, 0, exprs)
        maps[1 - number] = ir.AffineMap.get(total, 0, [*phase, *self.maps[1 - number].results])
        operands = [source, weights] if number == 0 else [weights, source]
        sizes: list[Size] = [each.phases.step for each in self.along]
        sizes += self.sizes
        for place, each, count in zip(self.places, self.along, self.counts, strict=True):
            sizes[len(self.along) + place] = add(count, each.phases.spread)
        element = self.result.element_type
        zeros = linalg.fill(constant(element, 0), outs=[empty(sizes, element)])
        kinds = ir.ArrayAttr(self.op.attributes["iterator_types"])
        parallel = ir.Attribute.parse("#linalg.iterator_type<parallel>")
        made = linalg.GenericOp(
            [zeros.type],
            operands,
            [zeros],
            maps,
            ir.ArrayAttr.get([*kinds, *[parallel] * len(self.along)]),
        )
        block = made.regions[0].blocks.append(*(a.type for a in body_of(self.op).arguments))
        with ir.InsertionPoint(block):
            total_ = inlined(body_of(self.op), list(block.arguments))
            linalg.YieldOp([total_])
        return made.results[0]

    def _interleaved(self, source: ir.Value) -> ir.Value:
        """The result of phases side by side: each dimension with phases as two, then as one."""
        sizes: list[Size] = []
        groups: list[list[int]] = []
        exprs: list[ir.AffineExpr] = []
        phase: dict[int, ir.AffineExpr] = {}
        for dim, size in enumerate(self.sizes):
            here = ir.AffineDimExpr.get(len(sizes))
            groups.append([len(sizes)])
            if dim not in self.places:
                sizes.append(size)
                exprs.append(here)
                continue
            i = self.places.index(dim)
            phases = self.along[i].phases
            groups[-1].append(len(sizes) + 1)
            phase[i] = ir.AffineDimExpr.get(len(sizes) + 1)
            sizes += [self.counts[i], phases.step]
            start = phases.element.start - phases.first
            exprs.append(here + phase[i] * phases.element.slope + start)
        rank = len(sizes)
        read = ir.AffineMap.get(rank, 0, [*(phase[i] for i in range(len(phase))), *exprs])
        element = self.result.element_type
        side = apply(
            [source],
            [read, ir.AffineMap.get_identity(rank)],
            empty(sizes, element),
            ["parallel"] * rank,
            lambda found, _: found,
        )
        static = [
            n * self.along[self.places.index(dim)].phases.step
            if isinstance(n := sizes[group[0]], int) and len(group) > 1
            else n
            for dim, group in enumerate(groups)
        ]
        shape = [n if isinstance(n, int) else DYNAMIC for n in static]
        type_ = ir.RankedTensorType.get(shape, element)
        whole = tensor.CollapseShapeOp(type_, side, groups).result
        return self._cut(whole, shape)

    def _cut(self, whole: ir.Value, shape: list[int]) -> ir.Value:
        """Without what is before the first output and behind the last one."""
        lead = [0] * len(shape)
        for place, each in zip(self.places, self.along, strict=True):
            lead[place] = each.phases.lead
        pairs = zip(self.sizes, shape, strict=True)
        if not any(lead) and all(isinstance(n, int) and n == m for n, m in pairs):
            return whole
        return extract_slice(whole, lead, self.sizes)


def is_zero(value: ir.Value) -> bool:
    """Whether every element is known to be 0."""
    scalar = uniform(value)
    if isinstance(scalar, ir.Value):
        op = defining_op(scalar)
        scalar = op.attributes["value"] if op is not None and op.name == "arith.constant" else None
    return isinstance(scalar, (ir.FloatAttr, ir.IntegerAttr)) and scalar.value == 0


def rounded_up(size: Size, step: int) -> Size:
    """size / step, rounded up."""
    if isinstance(size, int):
        return -(-size // step)
    return arith.divui(add(size, step - 1), index(step))
