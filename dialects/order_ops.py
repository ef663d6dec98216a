"""Operations in which the order along an axis counts: `scan`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawc.dialects.claw_op import ClawOp, accumulated_types, expect_axis, expect_element
from clawc.dialects.ext import Operand, Result, one_of
from clawc.dialects.reduction_ops import reduce_elements
from clawc.dialects.shapes import Label, element, rank

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
