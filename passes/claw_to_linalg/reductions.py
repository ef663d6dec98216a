"""claw-to-linalg: reductions, and softmax and the norms as chains of them."""

from __future__ import annotations

import functools
import math as pymath
from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, math

from clawc.dialects.reduction_ops import LayerNormOp, ReduceOp, RmsNormOp, SoftmaxOp
from clawc.dialects.shapes import Label, Labelled, accumulator, tensor_type
from clawc.passes.claw_to_linalg.build import (
    Builder,
    Size,
    Sizes,
    constant,
    dynamic,
    wide_type,
)
from clawc.passes.claw_to_linalg.elementwise import cast
from clawc.passes.claw_to_linalg.reshape import insert_units

_FLOAT = {"sum": arith.addf, "prod": arith.mulf, "max": arith.maximumf, "min": arith.minimumf}
_INTEGER = {
    "sum": arith.addi,
    "prod": arith.muli,
    "max": arith.maxsi,
    "min": arith.minsi,
    "and": arith.andi,
    "or": arith.ori,
}
_BOOL = {"max": "or", "min": "and"}


def lower_reduce(op: ReduceOp, build: Builder) -> ir.Value:
    sizes, labels = build.agree(op), op.labels()
    out = [label for label in labels["input"] if label not in op.reduced]
    result = tensor_type(op.out).element_type
    element = tensor_type(op.input).element_type
    wide = _sum_type(op, element)
    kind = "sum" if op.kind == "mean" else op.kind
    total = reduce(build, kind, (op.input, labels["input"]), out, sizes, wide)
    if op.kind == "mean":
        counted = [sizes[axis] for axis in op.reduced]
        named = dict.fromkeys(out)
        total = build.compute(
            [(total, list(named))],
            list(named),
            sizes,
            result,
            lambda x: _divided(x, counted),
            wide,
        )
    return insert_units(build, build.rounded(total, result), op.reduced if op.keepdims else [])


def _sum_type(op: ReduceOp, element: ir.Type) -> ir.Type:
    """The type that a reduction of `element` is carried in."""
    if not isinstance(element, ir.IntegerType):
        return wide_type(element)
    if op.kind == "mean":
        return ir.IntegerType.get_signless(64)
    if op.kind in ("sum", "prod"):
        return ir.Type.parse(accumulator(str(element)))
    return element


def reduce(
    build: Builder,
    kind: str,
    source: Labelled,
    out: Sequence[Label],
    sizes: Sizes,
    element: ir.Type,
) -> ir.Value:
    """`source` combined over the dimensions not in `out`, in the type `element`."""
    combine, neutral = scalar_reduction(kind, element), neutral_of(kind, element)
    return build.accumulate(
        [source], out, sizes, element, neutral, lambda x, sofar: combine(sofar, x)
    )


def scalar_reduction(kind: str, element: ir.Type) -> Callable[[ir.Value, ir.Value], ir.Value]:
    """How two scalars are combined; of i1, max and min are or and and."""
    if not isinstance(element, ir.IntegerType):
        return _FLOAT[kind]
    return _INTEGER[_BOOL.get(kind, kind) if element.width == 1 else kind]


def neutral_of(kind: str, element: ir.Type) -> float | int:
    """What changes nothing in a reduction."""
    if not isinstance(element, ir.IntegerType):
        return {"sum": 0.0, "prod": 1.0, "max": -pymath.inf, "min": pymath.inf}[kind]
    kind = _BOOL.get(kind, kind) if element.width == 1 else kind
    least = -(1 << (element.width - 1))
    return {"sum": 0, "prod": 1, "max": least, "min": -1 - least, "or": 0, "and": -1}[kind]


def _divided(total: ir.Value, counted: Sequence[Size]) -> ir.Value:
    """`total` by the number of elements; an integer by no elements is 0."""
    if not isinstance(total.type, ir.IntegerType):
        return arith.divf(total, element_count(counted, total.type))
    count = element_count(counted, total.type)
    return arith.divsi(total, arith.maxsi(count, constant(total.type, 1)))


def element_count(sizes: Sequence[Size], element: ir.Type) -> ir.Value:
    """The product of `sizes` as a scalar of type `element`, made where it is used."""
    known = pymath.prod(size for size in sizes if isinstance(size, int))
    is_float = not isinstance(element, ir.IntegerType)
    i64, multiply = ir.IntegerType.get_signless(64), arith.mulf if is_float else arith.muli
    factors = [cast(arith.index_cast(i64, size), element) for size in dynamic(sizes)]
    if known != 1 or not factors:
        factors.append(constant(element, known))
    return functools.reduce(multiply, factors)


def lower_softmax(op: SoftmaxOp, build: Builder) -> ir.Value:
    sizes, axes = build.agree(op), op.labels()["input"]
    element = tensor_type(op.out).element_type
    return softmax(build, (op.input, axes), op.axis % len(axes), sizes, element)


def softmax(
    build: Builder, source: Labelled, axis: Label, sizes: Sizes, element: ir.Type
) -> ir.Value:
    """Maximum, exponential of the difference, sum, quotient: four generics."""
    value, labels = source
    wide = wide_type(tensor_type(value).element_type)
    kept = [label for label in labels if label != axis]
    peak = reduce(build, "max", source, kept, sizes, wide)
    powers = build.compute(
        [source, (peak, kept)], labels, sizes, wide, lambda x, m: math.exp(arith.subf(x, m)), wide
    )
    total = reduce(build, "sum", (powers, labels), kept, sizes, wide)
    return build.compute(
        [(powers, labels), (total, kept)], labels, sizes, element, arith.divf, wide
    )


def lower_layer_norm(op: LayerNormOp, build: Builder) -> ir.Value:
    """The mean, and the mean of what is left when it is subtracted, which its rounding and that of
    the sum left out; then the variance from both, then the normalized elements."""
    sizes, labels = build.agree(op), op.labels()
    axes, norm = labels["input"], labels["scale"]
    wide = wide_type(tensor_type(op.input).element_type)
    source, kept = (op.input, axes), axes[: len(axes) - len(norm)]
    counted = [sizes[label] for label in norm]

    def mean_of(inputs: Sequence[Labelled], term: Callable[..., ir.Value]) -> Labelled:
        def added(*scalars: ir.Value) -> ir.Value:
            return arith.addf(scalars[-1], term(*scalars[:-1]))

        total = build.accumulate(inputs, kept, sizes, wide, 0.0, added)
        return build.compute(
            [(total, kept)], kept, sizes, wide, lambda x: _divided(x, counted)
        ), kept

    def distance(x: ir.Value, m: ir.Value, rest: ir.Value) -> ir.Value:
        return arith.subf(arith.subf(x, m), rest)

    def squared(*scalars: ir.Value) -> ir.Value:
        left = distance(*scalars)
        return arith.mulf(left, left)

    mean = mean_of([source], lambda x: x)
    inputs = [source, mean, mean_of([source, mean], arith.subf)]
    inverse = _inverse_root(build, mean_of(inputs, squared), sizes, op.eps)

    def normalized(
        x: ir.Value, m: ir.Value, rest: ir.Value, r: ir.Value, *affine: ir.Value
    ) -> ir.Value:
        return _affine(arith.mulf(distance(x, m, rest), r), *affine)

    affine = [(v, norm) for v in (op.scale, op.bias) if v is not None]
    inputs += [inverse, *affine]
    return build.compute(inputs, axes, sizes, tensor_type(op.out).element_type, normalized, wide)


def lower_rms_norm(op: RmsNormOp, build: Builder) -> ir.Value:
    """Mean of squares, then the normalized elements."""
    sizes, labels = build.agree(op), op.labels()
    axes, norm = labels["input"], labels["scale"]
    wide = wide_type(tensor_type(op.input).element_type)
    source, kept = (op.input, axes), axes[: len(axes) - len(norm)]

    def squared(x: ir.Value, sofar: ir.Value) -> ir.Value:
        return arith.addf(sofar, arith.mulf(x, x))

    total = build.accumulate([source], kept, sizes, wide, 0.0, squared)
    counted = [sizes[label] for label in norm]
    mean = build.compute([(total, kept)], kept, sizes, wide, lambda x: _divided(x, counted))
    inverse = _inverse_root(build, (mean, kept), sizes, op.eps)

    def normalized(x: ir.Value, r: ir.Value, *affine: ir.Value) -> ir.Value:
        return _affine(arith.mulf(x, r), *affine)

    affine = [(op.scale, norm)] if op.scale is not None else []
    inputs = [source, inverse, *affine]
    return build.compute(inputs, axes, sizes, tensor_type(op.out).element_type, normalized, wide)


def _inverse_root(build: Builder, mean: Labelled, sizes: Sizes, eps: float) -> Labelled:
    """`1 / sqrt(mean + eps)`"""
    value, labels = mean
    element = tensor_type(value).element_type

    def body(x: ir.Value) -> ir.Value:
        return math.rsqrt(arith.addf(x, constant(element, eps)))

    return build.compute([mean], labels, sizes, element, body), labels


def _affine(x: ir.Value, scale: ir.Value | None = None, bias: ir.Value | None = None) -> ir.Value:
    scaled = x if scale is None else arith.mulf(x, scale)
    return scaled if bias is None else arith.addf(scaled, bias)
