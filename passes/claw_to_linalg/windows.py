"""claw-to-linalg: convolutions and pooling as reductions over windows of a padded input."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, cf, tensor

from clawc.dialects.shapes import DYNAMIC, Label, accumulator, shape, tensor_type
from clawc.dialects.window_ops import FILTERS, LAYOUTS, Conv2dOp, Pool2dOp, sides
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    Sizes,
    as_index,
    constant,
    convert,
    empty,
    filled,
    generic,
    index,
    recast,
    static,
    wide_type,
)
from clawc.passes.claw_to_linalg.contractions import multiply_add
from clawc.passes.claw_to_linalg.reductions import neutral_of, scalar_reduction
from clawc.passes.claw_to_linalg.reshape import join_axes, split_axis

_Op = Conv2dOp | Pool2dOp


def lower_conv2d(op: Conv2dOp, build: Builder) -> ir.Value:
    """A contraction over channels and window; groups are a dimension of their own."""
    sizes = build.agree(op)
    _add_extents(op, build, sizes, sizes["i"], sizes["j"])
    layout, filters = LAYOUTS[op.layout], FILTERS[op.layout]
    image, weights = _padded(op, op.input, op.labels()["input"], sizes, 0), op.filter
    out = list(layout.replace("c", "f").replace("h", "y").replace("w", "x"))
    if op.groups > 1:  # then channels and filters are known
        channels, count = shape(op.filter)[filters.index("c")], shape(op.filter)[filters.index("f")]
        sizes |= {"g": op.groups, "f": count // op.groups}
        at, of = layout.index("c"), filters.index("f")
        image = split_axis(build, image, at, op.groups, channels)
        weights = split_axis(build, weights, of, op.groups, count // op.groups)
        layout, filters = layout.replace("c", "gc"), filters.replace("f", "gf")
        out.insert(out.index("f"), "g")
    element = ir.Type.parse(accumulator(str(tensor_type(op.input).element_type)))
    weights = recast(weights, static([sizes[label] for label in filters]))
    total = _over_windows(
        op, build, [(image, layout), (weights, filters)], out, sizes, element, 0, multiply_add
    )
    if op.groups > 1:
        total = join_axes(build, total, out.index("g"))
    return build.rounded(total, tensor_type(op.out).element_type)


def lower_pool2d(op: Pool2dOp, build: Builder) -> ir.Value:
    """A reduction over the window; a mean divides by the window or by what it holds."""
    sizes = build.agree(op)
    sizes |= {"i": op.kernel[0], "j": op.kernel[1]}
    _add_extents(op, build, sizes, *op.kernel)
    layout = LAYOUTS[op.layout]
    out = layout.replace("h", "y").replace("w", "x")
    element = tensor_type(op.input).element_type
    wide = wide_type(element)
    kind = "max" if op.kind == "max" else "sum"
    image = _padded(op, op.input, layout, sizes, neutral_of(kind, element))
    total = _pooled(op, build, kind, image, layout, out, sizes, wide)
    if op.kind == "max":
        return build.rounded(total, element)
    if op.count_include_pad or not any(op.padding or []):
        whole = op.kernel[0] * op.kernel[1]
        return build.compute(
            [(total, out)],
            out,
            sizes,
            element,
            lambda x: arith.divf(x, constant(wide, whole)),
        )
    ones = filled([sizes["h"], sizes["w"]], wide, 1)
    inside = _padded(op, ones, "hw", sizes, 0)
    count = _pooled(op, build, "sum", inside, "hw", "yx", sizes, wide)
    return build.compute([(total, out), (count, "yx")], out, sizes, element, arith.divf)


def _pooled(
    op: Pool2dOp,
    build: Builder,
    kind: str,
    image: ir.Value,
    layout: str,
    out: str,
    sizes: Sizes,
    wide: ir.Type,
) -> ir.Value:
    """`image` reduced over the window, whose extents an empty operand gives."""
    window = empty(op.kernel, tensor_type(image).element_type)
    combine = scalar_reduction(kind, wide)
    return _over_windows(
        op,
        build,
        [(image, layout), (window, "ij")],
        out,
        sizes,
        wide,
        neutral_of(kind, wide),
        lambda x, _, sofar: combine(sofar, x),
    )


def _over_windows(
    op: _Op,
    build: Builder,
    inputs: Sequence[tuple[ir.Value, Sequence[Label]]],
    out: Sequence[Label],
    sizes: Sizes,
    element: ir.Type,
    neutral: float,
    body: Callable[..., ir.Value],
) -> ir.Value:
    """`Builder.accumulate`, where labels h and w stand for places in the window at y and x."""
    names = [label for _, labels in inputs for label in labels if label not in "hw"]
    loops = list(dict.fromkeys([*out, *names]))
    dim: dict[Label, ir.AffineExpr] = {
        label: ir.AffineExpr.get_dim(i) for i, label in enumerate(loops)
    }
    for axis, at, inner, i in (("h", "y", "i", 0), ("w", "x", "j", 1)):
        dim[axis] = dim[at] * op.strides[i] + dim[inner] * op.dilations[i]
    maps = [
        ir.AffineMap.get(len(loops), 0, [dim[label] for label in labels])
        for labels in [*(labels for _, labels in inputs), out]
    ]
    extents = [sizes[label] for label in out]
    result = generic(
        [value for value, _ in inputs],
        filled(extents, element, neutral),
        maps,
        len(loops),
        lambda *scalars: body(*(convert(s, element) for s in scalars)),
    )
    return build.define(result, extents)


def _add_extents(op: _Op, build: Builder, sizes: Sizes, height: Size, width: Size) -> None:
    """The result's sizes y and x; that the window fits is checked at run time where it must be."""
    result = dict(zip(LAYOUTS[op.layout], shape(op.out), strict=True))
    padding = sides(op.padding or [])
    for i, (axis, out, window) in enumerate((("h", "y", height), ("w", "x", width))):
        around = padding[2 * i] + padding[2 * i + 1]
        stride, dilation = op.strides[i], op.dilations[i]
        source = sizes[axis]
        if isinstance(source, int) and isinstance(window, int):
            sizes[out] = (source + around - dilation * (window - 1) - 1) // stride + 1
            continue
        reach = arith.muli(arith.subi(as_index(window), index(1)), index(dilation))
        reach = arith.addi(reach, index(1))
        padded = arith.addi(as_index(source), index(around))
        fits = arith.cmpi(arith.CmpIPredicate.sge, padded, reach)
        cf.assert_(fits, f"{op.operation.name}: the window does not fit the padded input")
        steps = arith.divsi(arith.subi(padded, reach), index(stride))
        extent = arith.addi(steps, index(1))
        sizes[out] = extent
        if result[axis] != DYNAMIC:
            same = arith.cmpi(arith.CmpIPredicate.eq, extent, index(result[axis]))
            cf.assert_(same, f"{op.operation.name}: result axis {axis} must be {result[axis]}")
            sizes[out] = result[axis]


def _padded(
    op: _Op, image: ir.Value, labels: Sequence[Label], sizes: Sizes, value: float
) -> ir.Value:
    """`image` with `value` around its height and width."""
    image = recast(image, static([sizes[label] for label in labels]))
    top, bottom, left, right = sides(op.padding or [])
    if not any((top, bottom, left, right)):
        return image
    low = [{"h": top, "w": left}.get(label, 0) for label in labels]
    high = [{"h": bottom, "w": right}.get(label, 0) for label in labels]
    known = [
        s if s == DYNAMIC else s + a + b for s, a, b in zip(shape(image), low, high, strict=True)
    ]
    type_ = ir.RankedTensorType.get(known, tensor_type(image).element_type)
    pad = tensor.PadOp(type_, image, [], [], low, high)
    block = pad.regions[0].blocks.append(*[ir.IndexType.get()] * len(labels))
    with ir.InsertionPoint(block):
        tensor.YieldOp(constant(type_.element_type, value))
    return pad.result
