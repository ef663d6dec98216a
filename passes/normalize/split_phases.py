"""split-phases: a transposed convolution reads its input where that is, not zeros between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.framework.base import Pass
from clawc.passes.ir.body import EXTENSIONS, body_of, terminator
from clawc.passes.ir.loops import defining_op, shape_of
from clawc.passes.ir.maps import indexing_maps
from clawc.passes.ir.windows import Window, window_of
from clawc.passes.kernel.kernel import has_schedule
from clawc.passes.normalize.functions import function_blocks
from clawc.passes.normalize.phase_operands import Along, Dilated, Spaced
from clawc.passes.normalize.phase_writer import PhaseWriter, is_zero
from clawc.passes.normalize.phases import Phases
from clawc.passes.normalize.reshape_split import reassociation

_DYNAMIC = ir.ShapedType.get_dynamic_size()


@dataclass(frozen=True)
class SplitPhases(Pass):
    """Sums of products over a tensor into which another is inserted with steps, zeros between, as
    exporters write transposed convolutions.  Outputs that lie the step apart, a phase, meet every
    step-th tap only: all phases are one convolution of the tensor itself, with a set of filters for
    each, and no product of zeros.  The results are interleaved (Shi et al., 2016: "Is the
    deconvolution layer the same as a convolutional layer?").

    Before:

        %z = tensor.insert_slice %x into %zeros[0, 1] [8, 16] [1, 2]
        %r = linalg.generic {maps = [(f, p, c, k) -> (c, p + k), (f, p, c, k) -> (f, c, k), ...]}
             ins(%z, %w : tensor<8x33xf32>, tensor<6x8x2xf32>) outs(%b : tensor<6x32xf32>)

    After:

        %v = linalg.generic { %w[f, c, 2 * t + 1 - r] } : tensor<2x6x8x1xf32>
        %s = linalg.generic {maps = [(f, q, c, t, r) -> (c, q + t), (f, q, c, t, r) -> (r, f, c, t),
                                     (f, q, c, t, r) -> (r, f, q)]} ins(%x, %v) : tensor<2x6x16xf32>
        %i = linalg.generic {maps = [(f, q, r) -> (r, f, q), (f, q, r) -> (f, q, r)]} ins(%s)
        %r = collapse_shape %i [[0], [1, 2]] : tensor<6x16x2xf32> into tensor<6x32xf32>, and %b

    Products of the zeros are left out, those with infinities and NaN among them.  Where the taps
    are no multiple of the step some phases have one less than others, and a weight of 0 in its
    place, by which an infinity or NaN of the input reaches an output that it is no part of.
    """

    name: ClassVar[str] = "split-phases"

    def run(self, module: ir.Module) -> None:
        for block in function_blocks(module):
            for op in list(block.operations):
                if isinstance(op, linalg.GenericOp) and (found := _dilated(op)) is not None:
                    with ir.InsertionPoint(op), op.location:
                        new = PhaseWriter(op, found).write()
                    op.results[0].replace_all_uses_with(new)
                    op.operation.erase()


def _dilated(op: linalg.GenericOp) -> Dilated | None:
    """The operand of a sum of products that has zeros between its elements, if there is one."""
    if len(op.results) != 1 or len(op.inputs) != 2 or has_schedule(op.operation):
        return None
    if not _sums_products(op):
        return None
    for number in range(2):
        found = _spaced(op.operands[number])
        if found is not None:
            return _with_phases(op, number, found)
    return None


def _sums_products(op: linalg.GenericOp) -> bool:
    """Whether the body adds to the result the product of both elements, at most widened."""
    body = body_of(op)
    wide: dict[ir.Value, ir.Value] = {argument: argument for argument in body.arguments}
    inner = list(body.operations)
    for each in [e for e in inner if e.name in EXTENSIONS]:
        wide[each.results[0]] = wide.get(each.operands[0], each.operands[0])
    left = [each for each in inner if each.name not in EXTENSIONS]
    if [each.name for each in left] not in (
        ["arith.mulf", "arith.addf", "linalg.yield"],
        ["arith.muli", "arith.addi", "linalg.yield"],
    ):
        return False
    product, total, _ = left
    factors = [wide.get(value) for value in product.operands]
    terms = {wide.get(value, value) for value in total.operands}
    accumulator = body.arguments[2]
    is_product = sorted(map(_number, factors)) == [0, 1]
    yields = terminator(body).operands[0] == total.results[0]
    return is_product and yields and terms == {product.results[0], accumulator}


def _number(argument: ir.Value | None) -> int:
    return -1 if argument is None else ir.BlockArgument(argument).arg_number


def _spaced(value: ir.Value) -> Spaced | None:
    """What puts all of a tensor into zeros, with steps; what is cut of that, and split."""
    expand = defining_op(value)
    if isinstance(expand, tensor.ExpandShapeOp):
        value = expand.src
    whole, cut = value, defining_op(value)
    if isinstance(cut, tensor.ExtractSliceOp):
        value = cut.source
    op = defining_op(value)
    if not isinstance(op, tensor.InsertSliceOp) or not is_zero(op.dest):
        return None
    rank = len(shape_of(op.dest))
    before = [0] * rank
    if isinstance(cut, tensor.ExtractSliceOp):
        before = list(cut.static_offsets)
        if set(cut.static_strides) != {1} or len(shape_of(whole)) != rank or _DYNAMIC in before:
            return None
    strides, offsets = list(op.static_strides), list(op.static_offsets)
    if len(shape_of(op.source)) != rank or _DYNAMIC in (*strides, *offsets) or max(strides) < 2:
        return None
    places = tuple(offset - start for offset, start in zip(offsets, before, strict=True))
    return Spaced(op, whole, places, expand if isinstance(expand, tensor.ExpandShapeOp) else None)


def _with_phases(op: linalg.GenericOp, number: int, spaced: Spaced) -> Dilated | None:
    """The dimensions in which outputs have phases; None where some of them have none."""
    map_ = indexing_maps(op)[number]
    groups = [[dim] for dim in range(len(spaced.offsets))]
    if spaced.expand is not None:
        groups = reassociation(spaced.expand)
    along: list[Along] = []
    for dim, group in enumerate(groups):
        if spaced.is_covered(dim):
            continue
        step, offset = spaced.insert.static_strides[dim], spaced.offsets[dim]
        if len(group) > 1 or (step == 1 and offset < 0):
            return None
        if step == 1:
            continue
        window = window_of(map_.results[group[0]])
        loops = _convolved(op, number, window) if window is not None else None
        if loops is None:
            return None
        output, tap, dilation, taps = loops
        phases = Phases.of(step, offset, taps, dilation)
        if phases is None:
            return None
        along.append(Along(phases, group[0], dim, output, tap))
    return Dilated(number, spaced, tuple(along))


def _convolved(
    op: linalg.GenericOp, number: int, window: Window
) -> tuple[int, int, int, int] | None:
    """The loop of an output and that of the taps which move together in a window, in no other; how
    far taps lie apart, and how many there are."""
    kinds = ["parallel" in str(kind) for kind in ir.ArrayAttr(op.attributes["iterator_types"])]
    outputs = [(loop, step) for loop, step in window.terms if kinds[loop]]
    taps = [(loop, step) for loop, step in window.terms if not kinds[loop]]
    if window.offset or len(outputs) != 1 or len(taps) != 1 or outputs[0][1] != 1:
        return None
    (output, _), (tap, dilation) = *outputs, *taps
    weights, result = indexing_maps(op)[1 - number], indexing_maps(op)[2]
    places = _places(weights, tap)
    alone = _uses(op, output) == 2 and _uses(op, tap) == 2
    if not alone or len(places) != 1 or len(_places(result, output)) != 1 or dilation < 1:
        return None
    count = shape_of(op.operands[1 - number])[places[0]]
    return (output, tap, dilation, count) if count > 0 else None


def _places(map_: ir.AffineMap, loop: int) -> list[int]:
    """The results that are a loop and nothing else."""
    loops = [e.position if isinstance(e, ir.AffineDimExpr) else -1 for e in map_.results]
    return [place for place, found in enumerate(loops) if found == loop]


def _uses(op: linalg.GenericOp, loop: int) -> int:
    """How many dimensions of operands a loop indexes."""
    windows = [window_of(e) for map_ in indexing_maps(op) for e in map_.results]
    return sum(window is None or loop in window.loops for window in windows)
