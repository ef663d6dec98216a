"""claw-to-linalg: what bodies that compute positions in tensors share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlir import ir
from mlir.dialects import arith, linalg, scf, tensor

from clawc.dialects.shapes import Label, tensor_type
from clawc.passes.claw_to_linalg.build import Builder, Size, Sizes, as_index, empty


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


def elements_at(
    build: Builder,
    values: Sequence[ir.Value],
    sizes: Sequence[Size],
    place: Callable[[Sequence[ir.Value]], Sequence[ir.Value]],
    along: tuple[ir.Value, int] | None = None,
) -> list[ir.Value]:
    """Tensors of `sizes`, the elements of each value at `place` of their own indices.

    `along` is a tensor of positions along an axis, which take the place of the own index there.
    """
    identity = ir.AffineMap.get_identity(len(sizes))
    inits = [empty(sizes, tensor_type(value).element_type) for value in values]
    inputs = [] if along is None else [along[0]]
    maps = [identity] * (len(inputs) + len(inits))
    kinds = ["parallel"] * len(sizes)
    op = linalg.GenericOp([init.type for init in inits], inputs, inits, maps, kinds)
    elements = [tensor_type(value).element_type for value in [*inputs, *inits]]
    block = op.regions[0].blocks.append(*elements)
    with ir.InsertionPoint(block):
        here = [linalg.IndexOp(axis).result for axis in range(len(sizes))]
        if along is not None:
            here[along[1]] = arith.index_cast(ir.IndexType.get(), block.arguments[0])
        found = list(place(here))
        linalg.YieldOp([tensor.ExtractOp(value, found).result for value in values])
    return [build.define(result, sizes) for result in op.results]
