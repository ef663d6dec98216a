"""vector.gather: the elements of a table by their places, one by one, or in rows.

    %v = vector.gather %line[%c0] [%places], %mask, %zeros {claw.rows}

In rows the places of neighbouring registers along the last dimension are neighbours: they are
loaded together from the place of the first, as wide as what is known of the places, or tested when
the kernel runs, allows.  A masked element is read at place 0 instead.  A processor, whose thread
has the whole tile, takes elements that lie anywhere by vectors of places."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlir import ir
from mlir.dialects import vector

from clawc.dialects.claw import ConvertLayoutOp
from clawc.passes.distribute import facts
from clawc.passes.distribute.chunks import Chunks, chunk_type, scalar_at, splat
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.facts import divisibility, united
from clawc.passes.distribute.memory import TileAccess, widest
from clawc.passes.distribute.transfer import (
    Tests,
    box_of,
    choose_versions,
    ends_whole,
    of_kernel,
)
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.abi import Size
from clawc.passes.kernel.kernel import in_rows
from clawc.passes.layout.ops import defining, is_tile

MEMORY, START, PLACES, MASK, ELSE = range(5)  # operands


@dataclass
class GatherAccess(TileAccess):
    """The address of a register is its place, from `base` on."""

    line: Chunks = field(default_factory=list)

    def address(self, register: int) -> Size:
        return self.index.add(self.base, scalar_at(self.line, register))


def gather(d: Distributor, op: ir.Operation) -> None:
    """All loads stand where the gather does."""
    memory, result = op.operands[MEMORY], op.results[0]
    if len(op.operands) != len((MEMORY, START, PLACES, MASK, ELSE)) or memory not in d.buffers:
        raise PassFailure(op, "expected a gather from a line, a view of a kernel argument")
    buffer, layout = d.buffers[memory], d.tiles.layout(result)
    chunk, box = d.exchange.chunk(layout), box_of(d, op.operands[MASK])
    access = GatherAccess(
        d.index,
        buffer.memory,
        layout,
        chunk,
        [*[0] * (layout.rank - 1), 1],
        d.index.add(buffer.offset, d.scalars[op.operands[START]]),
        list(box.ends) if box else [],
        aligned=d.chip.aligned_buffers,
        line=d.tiles.get(op.operands[PLACES]),
    )
    if box is None:
        access.mask = d.tiles.get(op.operands[MASK])
    elif in_rows(op):
        limit = min(d.exchange.access_limit(access.element), chunk)
        width = widest(layout, layout.rank - 1, limit)
        choose_versions(access, width, lambda width: requirements(d, op, width))
    if access.aligned or access.width > 1 or chunk == 1:
        d.tiles.hold(result, access.read(_else(d, op)))
    else:
        d.tiles.hold(result, _together(access, d.tiles.get(op.operands[MASK]), _else(d, op)))


def _together(access: GatherAccess, masks: Chunks, other: ir.Value) -> Chunks:
    """By instructions that take a vector of places, as processors have them."""
    kind, begin = chunk_type(access.element, access.chunk), access.index.value(access.base)
    others = splat(other, access.chunk)
    return [
        vector.GatherOp(kind, access.memory, [begin], places, mask, others).result
        for places, mask in zip(access.line, masks, strict=True)
    ]


def _else(d: Distributor, op: ir.Operation) -> ir.Value:
    """What elements are that are masked: one scalar."""
    made = defining(op.operands[ELSE])
    if made is None or made.name != "arith.constant":
        raise PassFailure(op, "expected the same constant for all that the mask leaves out")
    return d.index.scalar(ir.DenseElementsAttr(made.attributes["value"]).get_splat_value())


def requirements(d: Distributor, op: ir.Operation, width: int) -> Tests | None:
    """What must be tested for accesses of `width`; None if it cannot hold: that rows begin at
    multiples of it, where accesses are aligned, and what is inside ends so."""
    if width == 1:
        return {}
    parts = [ends_whole(op.operands[MASK], width)]
    if d.chip.aligned_buffers:
        parts.append(divisibility(op.operands[START], width))
        parts.append(first_places(op.operands[PLACES], width))
    found = united(parts)
    return None if found is None else of_kernel(d, found)


def first_places(tile: ir.Value, power: int, last: bool = True) -> facts.Tests | None:
    """What must be tested so that `power` divides the places of each `power`th element along the
    last dimension; None if it never surely does.  `last`: that of `tile` is that of the gather."""
    if not is_tile(tile):
        return divisibility(tile, power)
    op = defining(tile)
    name = "" if op is None else op.name
    if op is None:
        return None
    if name == "vector.step":
        return {} if last else None
    if name in ("vector.broadcast", ConvertLayoutOp.OPERATION_NAME):
        return first_places(op.operands[0], power, last)
    if name == "vector.transpose":
        return first_places(op.operands[0], power, last=False)
    if name == "arith.constant":
        value = ir.DenseElementsAttr(op.attributes["value"])
        splat = ir.IntegerAttr(value.get_splat_value()).value if value.is_splat else 1
        return None if splat % power else {}
    parts = [first_places(v, power, last) for v in op.operands]
    if name == "arith.addi":
        return united(parts)
    if name == "arith.muli":
        return min((part for part in parts if part is not None), key=len, default=None)
    return None
