"""Operations in which the order along an axis counts: `scan`, `sort`, `topk`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawc.dialects.claw_op import (
    ClawOp,
    accumulated_types,
    expect_axis,
    expect_element,
    expect_same_element,
)
from clawc.dialects.ext import Operand, Result, one_of
from clawc.dialects.reduction_ops import reduce_elements
from clawc.dialects.shapes import DYNAMIC, ELEMENTS, Label, element, rank, shape

SCAN = ("sum", "prod", "max", "min", "and", "or")


class ScanOp(ClawOp, name="scan"):
    """The running `kind` along `axis`: element i of the result combines elements 0 to i.

    With `exclusive` it combines those before i, so that the first is 0, 1, -inf, ...: what changes
    nothing.  With `reverse` it runs from the last element to the first.  `sum` and `prod` give the
    input's type or, as in claw.reduce, a wider one; those of f16 and bf16 are computed in f32.
    The elements are combined in blocks, not one after the other: a sum of floats may be rounded
    otherwise than by a loop, and is the same in every run.
    """

    input: Operand
    kind: str = one_of(*SCAN)
    axis: int = -1
    exclusive: bool = False
    reverse: bool = False
    out: Result

    example = 'claw.scan %x {kind = "sum", axis = 1 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>'

    def preconditions(self) -> Iterator[str]:
        yield from expect_axis("axis", self.axis, rank(self.input))

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.input))
        return {"input": axes, "out": axes}

    def rules(self) -> Iterator[str]:
        source = element(self.input)
        yield from expect_element("input", self.input, reduce_elements(self.kind))
        wider = accumulated_types(source) if self.kind in ("sum", "prod") else ()
        yield from expect_element("out", self.out, tuple(dict.fromkeys((source, *wider))))


class SortOp(ClawOp, name="sort"):
    """`input` sorted along `axis`, and each of `carried` in the order that its elements then have.

    The sort is stable: equal elements keep their order, with `descending` too.  NaN counts as
    greater than all else, -0.0 as equal to 0.0.  The indices of the sorted elements are what a
    carried claw.iota becomes.
    """

    input: Operand
    carried: list[Operand]
    axis: int = -1
    descending: bool = False
    out: Result
    others: list[Result]

    example = (
        "claw.sort %x, %i {axis = 1 : i64} : (tensor<4x8xf32>, tensor<4x8xi32>)"
        " -> (tensor<4x8xf32>, tensor<4x8xi32>)"
    )

    def preconditions(self) -> Iterator[str]:
        yield from expect_axis("axis", self.axis, rank(self.input))
        if len(self.carried) != len(self.others):
            given = len(self.others) + 1
            yield f"needs a result for each operand, {len(self.carried) + 1}; got {given}"

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.input))
        return dict.fromkeys(self.tensors(), axes)

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, ELEMENTS)
        yield from expect_same_element("input and out", self.input, self.out)
        for one, other in zip(self.carried, self.others, strict=True):
            yield from expect_element("carried", one, ELEMENTS)
            yield from expect_same_element("an operand and its result", one, other)


class TopkOp(ClawOp, name="topk"):
    """The `k` greatest elements along `axis`, the greatest first, and their indices.

    With `smallest` they are the least, the least first.  Of equal elements the first comes first.
    NaN counts as greater than all else, as in claw.sort.
    """

    input: Operand
    k: int
    axis: int = -1
    smallest: bool = False
    out: Result
    indices: Result

    example = "claw.topk %x {k = 3 : i64} : (tensor<4x8xf32>) -> (tensor<4x3xf32>, tensor<4x3xi32>)"

    @property
    def along(self) -> int:
        """The axis, from 0 on."""
        return self.axis % rank(self.input)

    def preconditions(self) -> Iterator[str]:
        yield from expect_axis("axis", self.axis, rank(self.input))
        if self.k < 0:
            yield f"k must not be negative, got {self.k}"

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = list(range(rank(self.input)))
        kept = ["k" if axis == self.along else axis for axis in axes]
        return {"input": axes, "out": kept, "indices": kept}

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, ELEMENTS)
        yield from expect_same_element("input and out", self.input, self.out)
        yield from expect_element("indices", self.indices, ("i32", "i64"))
        size = shape(self.input)[self.along]
        if size != DYNAMIC and self.k > size:
            yield f"k must be at most {size}, the size of input axis {self.along}; got {self.k}"
        for name, value in (("out", self.out), ("indices", self.indices)):
            if (found := shape(value)[self.along]) != self.k:
                shown = "?" if found == DYNAMIC else found
                yield f"{name} axis {self.along} must be {self.k}, which is k; got {shown}"
