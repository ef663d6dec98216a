"""Operations along axes: `reduce`, `softmax`, `layer_norm` and `rms_norm`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlir import ir

from clawc.dialects.claw_op import (
    ClawOp,
    accumulated_types,
    expect_axis,
    expect_element,
    expect_same_element,
)
from clawc.dialects.ext import Operand, Result, one_of
from clawc.dialects.shapes import (
    BOOL,
    ELEMENTS,
    FLOATS,
    INTEGERS,
    NUMBERS,
    UNIT,
    Label,
    element,
    rank,
)

REDUCE = ("sum", "prod", "mean", "max", "min", "and", "or")


def reduce_elements(kind: str) -> tuple[str, ...]:
    """The element types that `kind` takes."""
    if kind in ("and", "or"):
        return (*INTEGERS, BOOL)
    return ELEMENTS if kind in ("max", "min") else NUMBERS


class ReduceOp(ClawOp, name="reduce"):
    """Combine the elements along `axes`; with `keepdims` those axes stay, with size 1.

    `sum`, `prod` and `mean` of f16 and bf16 are computed in f32 and give their own type or f32,
    those of i8 and i16 their own type (wrapping around) or i32.  `mean` of integers sums in i64 and
    rounds toward zero.  `max` and `min` give NaN if any element is.  Over no elements: sum 0,
    prod 1, max -inf or the least integer, min the opposite, and all bits set, or 0, mean NaN
    (integers: 0).
    """

    input: Operand
    kind: str = one_of(*REDUCE)
    axes: list[int]
    keepdims: bool = False
    out: Result

    example = (
        'claw.reduce %x {kind = "sum", axes = array<i64: 1>} : (tensor<4x8xf32>) -> tensor<4xf32>'
    )

    @property
    def reduced(self) -> list[int]:
        """`axes`, counted from 0 and in order."""
        return sorted(axis % rank(self.input) for axis in self.axes)

    def preconditions(self) -> Iterator[str]:
        for axis in self.axes:
            yield from expect_axis("axis", axis, rank(self.input))
        if rank(self.input) and len(set(self.reduced)) != len(self.axes):
            yield f"axes must differ, got {self.axes}"

    def labels(self) -> dict[str, Sequence[Label]]:
        axes, reduced = range(rank(self.input)), self.reduced
        if self.keepdims:
            return {"input": axes, "out": [UNIT if a in reduced else a for a in axes]}
        return {"input": axes, "out": [a for a in axes if a not in reduced]}

    def rules(self) -> Iterator[str]:
        source, allowed = element(self.input), reduce_elements(self.kind)
        if source not in allowed:
            yield f"{self.kind} takes {', '.join(allowed)}; got {source}"
        sums = self.kind in ("sum", "prod", "mean")
        results = (source, *accumulated_types(source)) if sums else (source,)
        yield from expect_element("out", self.out, tuple(dict.fromkeys(results)))


class SoftmaxOp(ClawOp, name="softmax"):
    """`exp(input) / sum(exp(input))` along `axis`, computed from `input - max(input)`.

    A slice that is all -inf gives NaN.
    """

    input: Operand
    axis: int = -1
    out: Result

    example = "claw.softmax %x {axis = 1 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>"

    def preconditions(self) -> Iterator[str]:
        yield from expect_axis("axis", self.axis, rank(self.input))

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.input))
        return {"input": axes, "out": axes}

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, FLOATS)
        yield from expect_same_element("input and out", self.input, self.out)


def _norm_dims(op: LayerNormOp | RmsNormOp) -> dict[str, Sequence[Label]]:
    axes = range(rank(op.input))
    trailing = axes[op.axis % len(axes) :]
    return {"input": axes, "scale": trailing, "bias": trailing, "out": axes}


def _norm_rules(op: LayerNormOp | RmsNormOp, *affine: ir.Value | None) -> Iterator[str]:
    yield from expect_element("input", op.input, FLOATS)
    yield from expect_same_element("input and out", op.input, op.out)
    for name, value in zip(("scale", "bias"), affine, strict=False):
        if value is not None:
            yield from expect_element(name, value, tuple({element(op.input): 0, "f32": 0}))
    if len({str(value.type) for value in affine if value is not None}) > 1:
        yield "scale and bias must have the same type"
    if op.eps < 0:
        yield f"eps must not be negative, got {op.eps}"


class LayerNormOp(ClawOp, name="layer_norm"):
    """`(input - mean) / sqrt(variance + eps) * scale + bias` over the axes from `axis` to the last.

    The variance is that of all elements (not corrected), found from the mean in a pass of its own;
    what the mean's rounding leaves out is subtracted too, so that rows of which the elements hardly
    differ lose nothing.
    scale and bias have the shape of the normalized axes, and the input's type or f32.
    """

    input: Operand
    scale: Operand | None
    bias: Operand | None
    axis: int = -1
    eps: float = 1e-5
    out: Result

    example = (
        "claw.layer_norm %x, %scale, %bias {eps = 1.0e-05 : f64} : "
        "(tensor<4x8xf16>, tensor<8xf16>, tensor<8xf16>) -> tensor<4x8xf16>"
    )

    def preconditions(self) -> Iterator[str]:
        yield from expect_axis("axis", self.axis, rank(self.input))

    def labels(self) -> dict[str, Sequence[Label]]:
        return _norm_dims(self)

    def rules(self) -> Iterator[str]:
        yield from _norm_rules(self, self.scale, self.bias)


class RmsNormOp(ClawOp, name="rms_norm"):
    """`input / sqrt(mean(input * input) + eps) * scale` over the axes from `axis` to the last."""

    input: Operand
    scale: Operand | None
    axis: int = -1
    eps: float = 1e-5
    out: Result

    example = (
        "claw.rms_norm %x, %scale {eps = 1.0e-06 : f64} : "
        "(tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>"
    )

    def preconditions(self) -> Iterator[str]:
        yield from expect_axis("axis", self.axis, rank(self.input))

    def labels(self) -> dict[str, Sequence[Label]]:
        return _norm_dims(self)

    def rules(self) -> Iterator[str]:
        yield from _norm_rules(self, self.scale)
