"""Scatter: updates are put, or combined, into places of a tensor that indices name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawc.dialects.claw_op import ClawOp, expect_element, expect_same_element
from clawc.dialects.ext import Operand, Result, one_of
from clawc.dialects.reduction_ops import reduce_elements
from clawc.dialects.shapes import DYNAMIC, ELEMENTS, INTEGERS, Label, rank, shape

SCATTER = ("assign", "sum", "prod", "max", "min", "and", "or")


def scatter_elements(kind: str) -> tuple[str, ...]:
    """The element types that `kind` takes."""
    return ELEMENTS if kind == "assign" else reduce_elements(kind)


class ScatterOp(ClawOp, name="scatter"):
    """`input` with each update combined into the place that its row of `indices` names.

    indices is [updates, columns]; column i indexes the input's axis `dims[i]` (without `dims`, axis
    i).  updates is [updates, window...]: its window covers the input's last axes, whole where they
    are not indexed, and from the index on where they are.  Axes that the window does not cover must
    be indexed.  What falls outside of the input, as by a negative index, is skipped.

    `assign` keeps the last update of a place.  All others are combined without atomics, on every
    device: a place reduces the updates that name it, so that the result, of floats too, depends
    neither on the number of threads nor on which runs first, and is the same at every run.  Float
    sums and products are reduced in parts, as by `reduce`, where there are few updates or few
    places, else in the order in which updates are listed.  Those of f16 and bf16 are computed in
    f32 and rounded once; integers wrap around.
    """

    input: Operand
    indices: Operand
    updates: Operand
    kind: str = one_of(*SCATTER)
    dims: list[int] | None
    out: Result

    example = (
        'claw.scatter %x, %rows, %updates {kind = "sum"} : '
        "(tensor<9x4xf32>, tensor<5x1xi32>, tensor<5x4xf32>) -> tensor<9x4xf32>"
    )

    @property
    def indexed(self) -> list[int]:
        """The axis of the input that each column indexes."""
        columns = shape(self.indices)[1]
        return list(range(columns)) if self.dims is None else list(self.dims)

    @property
    def covered(self) -> list[int]:
        """The axes of the input that the window covers."""
        return list(range(rank(self.input) - rank(self.updates) + 1, rank(self.input)))

    def preconditions(self) -> Iterator[str]:
        if rank(self.indices) != 2:
            yield f"indices must be [updates, columns], got rank {rank(self.indices)}"
            return
        columns = shape(self.indices)[1]
        if columns == DYNAMIC:
            yield "indices axis 1, the number of columns, must be known"
        elif not columns:
            yield "indices must have a column, at least"
        elif not 1 <= rank(self.updates) <= rank(self.input) + 1:
            yield f"updates must have rank 1 to {rank(self.input) + 1}, got {rank(self.updates)}"
        elif len(self.indexed) != columns:
            yield f"dims must name an axis for each of the {columns} columns of indices"
        elif len({*self.indexed}) != columns or not {*self.indexed} <= {*range(rank(self.input))}:
            yield f"dims must be different axes of input, 0 to {rank(self.input) - 1}"
        else:
            for axis in range(rank(self.input)):
                if axis not in (*self.indexed, *self.covered):
                    yield f"input axis {axis} is neither indexed nor covered by the window"

    def labels(self) -> dict[str, Sequence[Label]]:
        axes = range(rank(self.input))
        window = [("w", axis) if axis in self.indexed else axis for axis in self.covered]
        updates = ["n", *window]
        return {"input": axes, "indices": ["n", "k"], "updates": updates, "out": axes}

    def rules(self) -> Iterator[str]:
        yield from expect_element("input", self.input, scatter_elements(self.kind))
        yield from expect_element("indices", self.indices, INTEGERS)
        yield from expect_same_element("input, updates and out", self.input, self.updates, self.out)
