"""Tiles that come from no memory: constants, masks, steps, broadcasts."""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir
from mlir.dialects import arith

from clawc.passes.distribute.chunks import (
    Chunks,
    chunk_type,
    constant_chunk,
    element_of,
    regroup,
    splat,
)
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.index import SIGNED_LESS
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.abi import Size
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.operands import broadcast_dims
from clawc.passes.layout.ops import is_tile, numbers, shape_of

Builder = Callable[[Distributor, ir.Operation, LinearLayout], Chunks]


def constant(d: Distributor, op: ir.Operation, layout: LinearLayout) -> Chunks:
    value = ir.DenseElementsAttr(op.attributes["value"])
    if not value.is_splat:
        raise PassFailure(op, "expected a splat; pass other constant tensors as buffers")
    width = d.exchange.chunk(layout)
    element, attribute = element_of(op.results[0].type), value.get_splat_value()
    if width == 1:
        one = d.index.scalar(attribute)
    else:
        one = d.index.splat(ir.VectorType.get([width], element), attribute)
    return [one] * (layout.registers // width)


def broadcast(d: Distributor, op: ir.Operation, layout: LinearLayout) -> Chunks:
    source, width = op.operands[0], d.exchange.chunk(layout)
    if not is_tile(source):
        return [splat(d.scalar(source), width)] * (layout.registers // width)
    shape, inner = shape_of(source), d.tiles.layout(source)
    seen = layout.project(broadcast_dims(shape, layout), shape)
    where = {place: r for r, place in enumerate(inner.places())}
    return regroup(d.tiles.get(source), [where[p] for p in seen.places()], width)


def mask(d: Distributor, op: ir.Operation, layout: LinearLayout) -> Chunks:
    """Along each dimension that has a limit inside the tile: step < limit - position."""
    chunks: list[ir.Value | None] = [None] * (layout.registers // d.exchange.chunk(layout))
    for dim, bound in enumerate(bounds_of(d, op)):
        if isinstance(bound, int) and bound >= layout.shape[dim]:
            continue
        limit = d.index.value(d.index.sub(bound, d.index.coordinate(layout, dim)))
        width = d.exchange.chunk(layout)
        limits = splat(limit, width)
        tests: dict[tuple[int, ...], ir.Value] = {}
        for i, steps in enumerate(steps_along(d, layout, dim)):
            if steps not in tests:
                numbers_ = constant_chunk(d.index.type, steps)
                tests[steps] = arith.cmpi(SIGNED_LESS, numbers_, limits)
            known = chunks[i]
            chunks[i] = tests[steps] if known is None else arith.andi(known, tests[steps])
    i1 = ir.IntegerType.get_signless(1)
    kind = chunk_type(i1, d.exchange.chunk(layout))
    return [all_true(d, kind) if chunk is None else chunk for chunk in chunks]


def all_true(d: Distributor, kind: ir.Type) -> ir.Value:
    true = ir.IntegerAttr.get(ir.IntegerType.get_signless(1), 1)
    return d.index.splat(kind, true) if isinstance(kind, ir.VectorType) else d.index.scalar(true)


def bounds_of(d: Distributor, op: ir.Operation) -> list[Size]:
    if op.name == "vector.constant_mask":
        return list(numbers(op, "mask_dim_sizes"))
    return [d.scalars[v] for v in op.operands]


def step(d: Distributor, op: ir.Operation, layout: LinearLayout) -> Chunks:
    """The coordinate itself."""
    width = d.exchange.chunk(layout)
    position = splat(d.index.value(d.index.coordinate(layout, 0)), width)
    steps = [constant_chunk(d.index.type, s) for s in steps_along(d, layout, 0)]
    return [arith.addi(position, s) for s in steps]


def steps_along(d: Distributor, layout: LinearLayout, dim: int) -> list[tuple[int, ...]]:
    """What the registers of each chunk add to a coordinate."""
    steps, width = [place[dim] for place in layout.places()], d.exchange.chunk(layout)
    return [tuple(steps[i : i + width]) for i in range(0, len(steps), width)]


BUILDERS: dict[str, Builder] = {
    "arith.constant": constant,
    "vector.broadcast": broadcast,
    "vector.create_mask": mask,
    "vector.constant_mask": mask,
    "vector.step": step,
}
