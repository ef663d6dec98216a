"""claw-to-linalg: what bodies that compute positions in tensors share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, scf

from clawc.dialects.shapes import Label
from clawc.passes.claw_to_linalg.build import Sizes, as_index


def linear(indices: Sequence[ir.Value], labels: Sequence[Label], sizes: Sizes) -> ir.Value:
    """The row-major number of an element at `indices` of dimensions `labels`."""
    number = indices[0]
    for index, label in zip(indices[1:], labels[1:], strict=True):
        size = arith.index_cast(index.type, as_index(sizes[label]))
        number = arith.addi(arith.muli(number, size), index)
    return number


def branch(
    condition: ir.Value,
    type_: ir.Type,
    then: Callable[[], ir.Value],
    otherwise: Callable[[], ir.Value],
) -> ir.Value:
    """One of two scalars, of which only that one is computed."""
    choice = scf.IfOp(condition, [type_], has_else=True)
    for region, value in zip(choice.regions, (then, otherwise), strict=True):
        with ir.InsertionPoint(region.blocks[0]):
            scf.YieldOp([value()])
    return choice.results[0]
