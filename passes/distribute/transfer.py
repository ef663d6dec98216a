"""vector.transfer_read and vector.transfer_write: how wide, under which masks, in which version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mlir import ir
from mlir.dialects import scf

from clawc.passes.distribute import facts
from clawc.passes.distribute.chunks import Chunks, chunk_type, splat
from clawc.passes.distribute.distributor import Buffer, Distributor
from clawc.passes.distribute.facts import divisibility, is_positive, united
from clawc.passes.distribute.free import bounds_of
from clawc.passes.distribute.memory import TileAccess, both, widest
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.abi import Size
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.ops import (
    Transfer,
    constant_index,
    defining,
    numbers,
    shape_of,
)

SPACED = (2, 4)  # steps between elements that a processor reads together with what lies between
Tests = dict[tuple[Size, int], None]  # this size must be divisible by that power of two
Requirements = Callable[[int], Tests | None]  # of accesses of a width; None: it cannot be


def transfer_read(d: Distributor, op: ir.Operation) -> None:
    """Of a buffer that the kernel writes, where the read stands."""
    transfer = Transfer.of(op)
    memory, layout = buffer_of(d, transfer).memory, d.tiles.layout(transfer.tile)
    if memory in d.written:
        d.shared.use(memory, writes=False, exchange=0)
        d.tiles.hold(transfer.tile, read(d, transfer, layout))
        return
    d.reads[transfer.tile] = transfer
    d.tiles.offer(transfer.tile, lambda: read(d, transfer, layout))


def transfer_write(d: Distributor, op: ir.Operation) -> None:
    """All threads write what they have."""
    transfer = Transfer.of(op)
    layout, chunks = d.tiles.layout(transfer.tile), d.tiles.get(transfer.tile)
    memory = buffer_of(d, transfer).memory
    if memory in d.read_and_written:
        d.shared.use(memory, writes=True, exchange=d.shared.next_exchange())
    access_of(d, transfer, layout).write(chunks)


def read(
    d: Distributor, transfer: Transfer, layout: LinearLayout, chunk: int | None = None
) -> Chunks:
    """The tile in `layout`.  A masked load reads element 0 instead; where the buffer may have none,
    nothing is loaded at all."""
    access = access_of(d, transfer, layout, chunk)
    pad = d.scalar(transfer.pad) if transfer.pad is not None else None
    guard = nonempty(d, transfer)
    if guard is None:
        return access.read(pad)
    kind = chunk_type(access.element, access.chunk)
    count = layout.registers // access.chunk
    branch = scf.IfOp(guard, [kind] * count, has_else=True)
    with ir.InsertionPoint(branch.regions[0].blocks[0]):
        scf.yield_(access.read(pad))
    with ir.InsertionPoint(branch.regions[1].blocks[0]):
        scf.yield_([splat(pad, access.chunk)] * count)
    return list(branch.results)


def access_of(
    d: Distributor, transfer: Transfer, layout: LinearLayout, chunk: int | None = None
) -> TileAccess:
    buffer = buffer_of(d, transfer)
    base = buffer.offset
    for index, stride in zip(transfer.indices, buffer.strides, strict=True):
        base = d.index.add(base, d.index.mul(d.scalars[index], stride))
    box = box_of(d, transfer.mask)
    chunk = d.exchange.chunk(layout) if chunk is None else chunk
    access = TileAccess(
        d.index,
        buffer.memory,
        layout,
        chunk,
        [buffer.strides[i] for i in transfer.dims],
        base,
        list(box.ends) if box else [],
        dict(box.starts) if box else {},
        aligned=d.chip.aligned_buffers,
    )
    if transfer.mask is not None and box is None:
        access.mask = d.tiles.get(transfer.mask)
    else:
        spaced = SPACED if transfer.pad is not None and not access.aligned else ()
        near = access.strides[-1:] == [1] or any(access.strides[-1:] == [s] for s in spaced)
        limit = d.exchange.access_limit(access.element) if near else 1
        most = min(widest(layout, layout.rank - 1, limit), chunk)
        choose_versions(access, most, lambda width: requirements(d, transfer, access, width))
    return access


def buffer_of(d: Distributor, transfer: Transfer) -> Buffer:
    if transfer.memory not in d.buffers:
        raise PassFailure(transfer.op, "expected a kernel argument as the memory")
    return d.buffers[transfer.memory]


@dataclass(frozen=True)
class Box:
    """The elements of a tile inside a mask: below `ends`, and from `starts` on where not from 0."""

    ends: list[Size]
    starts: Mapping[int, Size] = field(default_factory=dict)


def box_of(d: Distributor, mask: ir.Value | None) -> Box | None:
    """What a mask is true for; None where it is no box, or there is no mask.

    A box that does not begin at 0 is one that does, and not what is before its start."""
    op = None if mask is None else defining(mask)
    if op is None:
        return None
    if op.name in ("vector.create_mask", "vector.constant_mask"):
        return Box(bounds_of(d, op))
    if op.name != "arith.andi":
        return None
    box, outside = box_of(d, op.operands[0]), defining(op.operands[1])
    if box is None or outside is None or outside.name != "arith.xori":
        return None
    before = box_of(d, outside.operands[0])
    if before is None or not _is_true(outside.operands[1]):
        return None
    shape = shape_of(op.results[0])
    cut = [i for i, end in enumerate(before.ends) if not isinstance(end, int) or end < shape[i]]
    if len(cut) != 1 or before.starts:
        return None
    return Box(box.ends, {**box.starts, cut[0]: before.ends[cut[0]]})


def _is_true(mask: ir.Value) -> bool:
    op = defining(mask)
    if op is None or op.name != "arith.constant":
        return False
    value = ir.DenseElementsAttr(op.attributes["value"])
    return value.is_splat and ir.IntegerAttr(value.get_splat_value()).value != 0


def bound_values(tile: ir.Value | None) -> list[ir.Value] | list[int]:
    """The ends of a mask, as values of L3."""
    mask = None if tile is None else defining(tile)
    if mask is not None and mask.name == "vector.create_mask":
        return list(mask.operands)
    if mask is not None and mask.name == "vector.constant_mask":
        return numbers(mask, "mask_dim_sizes")
    return []


# Versions
def choose_versions(access: TileAccess, width: int, requirements: Requirements) -> None:
    """The widest access that static facts allow; what only running tells is tested.

    Where accesses need no alignment, the test is whether the tile is inside as a whole."""
    ix = access.index
    if not access.aligned:
        shape = access.layout.shape
        open_ends = [
            (bound, n)
            for bound, n in zip(access.bounds, shape, strict=True)
            if bound is not None and not (isinstance(bound, int) and bound >= n)
        ]
        access.width = width
        if open_ends:
            access.narrow, access.whole_tile = widest_certain(requirements, width), True
            for bound, n in open_ends:
                access.wide = both(access.wide, ix.less(n - 1, bound))
        for start in access.starts.values():
            access.narrow, access.whole_tile = 1, True
            access.wide = both(access.wide, ix.less(start, 1))
        return
    tests = requirements(width)
    while tests is None:
        width //= 2
        tests = requirements(width)
    access.width = width
    if tests:
        total: Size = 0
        for size, power in tests:
            scaled = ix.mul(size, width // power)
            total = scaled if total == 0 else ix.any_bits(total, scaled)
        access.wide = ix.divides(total, width)


def widest_certain(requirements: Requirements, width: int) -> int:
    while width > 1 and requirements(width) != {}:
        width //= 2
    return width


def requirements(
    d: Distributor, transfer: Transfer, access: TileAccess, width: int
) -> Tests | None:
    """What must be tested for accesses of `width`; None if it cannot hold.  If all other strides,
    the offset and the bound along a row divide, then each access is aligned, and inside or outside.
    """
    tests: Tests = {}
    if width == 1:
        return tests
    if access.starts:
        return None  # a start is anywhere
    along = transfer.dims[-1]
    if access.aligned:
        buffer = buffer_of(d, transfer)
        shape = dict(zip(transfer.dims, access.layout.shape, strict=True))
        steps = [
            buffer.strides[i]
            for i, index in enumerate(transfer.indices)
            if i != along and not (shape.get(i, 1) == 1 and constant_index(index) == 0)
        ]
        for step in (buffer.offset, *steps):
            found = {} if isinstance(step, int) else divisibility(step, width)
            if found is None or isinstance(step, int) and step % width:
                return None
            tests |= found
    begins = [divisibility(transfer.indices[along], width)] if access.aligned else []
    found = united([*begins, ends_whole(transfer.mask, width)])
    return None if found is None else tests | of_kernel(d, found)


def ends_whole(mask: ir.Value | None, width: int) -> facts.Tests | None:
    """What must be tested so that what is inside of a mask is accesses of `width`."""
    for end in bound_values(mask)[-1:]:
        number = end if isinstance(end, int) else constant_index(end)
        if number is not None:
            length = shape_of(mask)[-1]
            return {} if number >= length or number % width == 0 else None
        return divisibility(end, width)
    return {}


def of_kernel(d: Distributor, tests: facts.Tests) -> Tests:
    """Tests of values of L3 as tests of those of the thread."""
    return {(d.scalars[value], power): None for value, power in tests}


# Buffers without elements
def nonempty(d: Distributor, transfer: Transfer) -> ir.Value | None:
    """A test that the tile begins inside the buffer; None where that is known."""
    if transfer.mask is None:
        return None
    box, condition = box_of(d, transfer.mask), None
    if box is None or box.starts:
        count = buffer_of(d, transfer).count
        return None if isinstance(count, int) and count > 0 else d.index.less(0, count)
    for bound, value in zip(box.ends, bound_values(transfer.mask), strict=True):
        known = value > 0 if isinstance(value, int) else is_positive(value, d.grid_sizes)
        if not known:
            condition = both(condition, d.index.less(0, bound))
    return condition
