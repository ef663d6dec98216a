"""Operations on shapes, and tensors made from nothing: `broadcast` `transpose` `reshape` ..."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from mlir import ir

from clawc.dialects.claw_op import ClawOp, expect_axis, expect_element, expect_same_element
from clawc.dialects.ext import Operand, Result, Size
from clawc.dialects.shapes import (
    DYNAMIC,
    ELEMENTS,
    NUMBERS,
    Label,
    compatible,
    rank,
    shape,
    shown,
    tensor_type,
)


def dynamic_axes(value: ir.Value) -> list[int]:
    """The axes of `value` whose sizes are not known."""
    return [axis for axis, size in enumerate(shape(value)) if size == DYNAMIC]


def _expect_sizes(given: int, unknown: Sequence[int], what: str) -> Iterator[str]:
    if given != len(unknown):
        axes = ", ".join(map(str, unknown)) or "none"
        yield f"needs {len(unknown)} sizes, one for each {what} (axes: {axes}); got {given}"


class BroadcastOp(ClawOp, name="broadcast"):
    """`input` repeated to the result's shape.

    Axis i of the input becomes axis `dims[i]` of the result; without `dims`, the input's axes are
    the result's last ones, as in NumPy.  Axes of static size 1 stretch; an axis of unknown size
    never does, it must be the result's size at run time.  `sizes` are the result's unknown sizes
    that no input axis gives.
    """

    input: Operand
    sizes: list[Size]
    dims: list[int] | None
    out: Result

    example = "claw.broadcast %x {dims = array<i64: 0>} : (tensor<4xf32>) -> tensor<4x8xf32>"

    @property
    def placed(self) -> list[int]:
        """The result axis of each input axis."""
        lead = rank(self.out) - rank(self.input)
        return list(range(lead, rank(self.out))) if self.dims is None else list(self.dims)

    @property
    def stretched(self) -> list[int]:
        """The input axes of size 1 that are repeated."""
        sizes, result = shape(self.input), shape(self.out)
        return [i for i, to in enumerate(self.placed) if sizes[i] == 1 and result[to] != 1]

    @property
    def unknown(self) -> list[int]:
        """The result axes that `sizes` speaks of."""
        given = {to for i, to in enumerate(self.placed) if i not in self.stretched}
        return [axis for axis in dynamic_axes(self.out) if axis not in given]

    def preconditions(self) -> Iterator[str]:
        inner, outer = rank(self.input), rank(self.out)
        if self.dims is None and inner > outer:
            yield f"input has rank {inner}, more than the result's {outer}"
        if self.dims is None:
            return
        if len(self.dims) != inner:
            yield f"dims must name a result axis for each of {inner} input axes, got {self.dims}"
        if self.dims != sorted(set(self.dims)) or not set(self.dims) <= set(range(outer)):
            yield f"dims must be increasing axes of the result, 0 to {outer - 1}, got {self.dims}"

    def labels(self) -> dict[str, Sequence[Label]]:
        kept = [("from", i) if i in self.stretched else to for i, to in enumerate(self.placed)]
        return {"input": kept, "out": range(rank(self.out))}

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, ELEMENTS)
        yield from expect_same_element("input and out", self.input, self.out)
        what = "unknown size of the result that no input axis gives"
        yield from _expect_sizes(len(self.sizes), self.unknown, what)


class TransposeOp(ClawOp, name="transpose"):
    """Axis i of the result is axis `permutation[i]` of the input."""

    input: Operand
    permutation: list[int]
    out: Result

    example = (
        "claw.transpose %x {permutation = array<i64: 1, 0>} : (tensor<4x8xf32>) -> tensor<8x4xf32>"
    )

    def preconditions(self) -> Iterator[str]:
        axes = list(range(rank(self.input)))
        if sorted(self.permutation) != axes:
            yield f"permutation must hold each of the axes {axes} once, got {self.permutation}"

    def labels(self) -> dict[str, Sequence[Label]]:
        return {"input": range(rank(self.input)), "out": self.permutation}

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, ELEMENTS)
        yield from expect_same_element("input and out", self.input, self.out)


class ReshapeOp(ClawOp, name="reshape"):
    """The same elements, in row-major order, as another shape.

    One unknown size of the result follows from the others, if none of them is 0.  With more,
    `sizes` are all unknown sizes of the result in order; element counts are checked at run time.
    """

    input: Operand
    sizes: list[Size]
    out: Result

    example = "claw.reshape %x : (tensor<?x4x8xf32>) -> tensor<?x32xf32>"

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, ELEMENTS)
        yield from expect_same_element("input and out", self.input, self.out)
        source, target = shape(self.input), shape(self.out)
        unknown = dynamic_axes(self.out)
        if self.sizes or len(unknown) > 1:
            yield from _expect_sizes(len(self.sizes), unknown, "unknown size of the result")
        elif unknown and 0 in target:
            yield f"cannot derive the unknown size of {shown(target)}: give it as an operand"
        if DYNAMIC in source:
            return
        have, known = prod(source), prod(size for size in target if size != DYNAMIC)
        if have != known and not unknown:
            yield f"{shown(source)} has {have} elements, {shown(target)} has {known}"
        elif unknown and (have % known if known else have):
            yield f"{shown(source)} has {have} elements, which {shown(target)} cannot hold"


class ConstantOp(ClawOp, name="constant"):
    """The tensor `value`."""

    value: ir.DenseElementsAttr
    out: Result

    example = "claw.constant {value = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>"

    def rules(self) -> Iterator[str]:
        yield from expect_element("out", self.out, ELEMENTS)
        held, result = ir.RankedTensorType(self.value.type), tensor_type(self.out)
        fits = held.rank == result.rank and all(map(compatible, held.shape, result.shape))
        if held.element_type != result.element_type or not fits:
            yield f"value is a {held}, the result is a {result}"


class IotaOp(ClawOp, name="iota"):
    """Each element is its index along `axis`; `sizes` are the result's unknown sizes, in order."""

    sizes: list[Size]
    axis: int = -1
    out: Result

    example = "claw.iota {axis = 0 : i64} : () -> tensor<4x8xi32>"

    def preconditions(self) -> Iterator[str]:
        yield from expect_axis("axis", self.axis, rank(self.out))

    def rules(self) -> Iterator[str]:
        yield from expect_element("out", self.out, NUMBERS)
        unknown = dynamic_axes(self.out)
        yield from _expect_sizes(len(self.sizes), unknown, "unknown size of the result")
