"""`cp.async.bulk` and `cp.reduce.async.bulk`: copies in bulk, each started by one thread.

A copy is checked where it starts.  One into shared memory reads then, and lands when its mbarrier
is waited for; one out of it reads and writes when its group is waited for (or when the kernel ends,
which is a finding), as late as can be: what does not wait for them works with what was there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.runtime.emulation.ptx_access import Form, accesses, address_reader
from clawc.runtime.emulation.ptx_box import PIECE, TENSOR_ALIGNMENT, Box, range_box, tensor_box
from clawc.runtime.emulation.ptx_box_checks import may_start
from clawc.runtime.emulation.ptx_bulk_form import DIMENSIONS, BulkForm, bulk_form
from clawc.runtime.emulation.ptx_bulk_store import Store, commit, wait
from clawc.runtime.emulation.ptx_layout import Layout
from clawc.runtime.emulation.ptx_mbarrier import BYTES
from clawc.runtime.emulation.ptx_mbarrier_ops import objects
from clawc.runtime.emulation.ptx_opcode import Opcode
from clawc.runtime.emulation.ptx_syntax import Immediate, Instruction, TensorPlace
from clawc.runtime.emulation.ptx_tensor_map import BYTES as MAP_BYTES
from clawc.runtime.emulation.ptx_threads import Lanes, Reader, Step, Threads, reader
from clawc.runtime.emulation.ptx_values import Array

_HALF_MAP = MAP_BYTES // 2  # a map is aligned to its half
_BoxOf = Callable[[Threads, int], Box | None]


def in_bulk(instruction: Instruction) -> bool:
    return instruction.opcode.startswith(("cp.async.bulk", "cp.reduce.async.bulk"))


def copy_in_bulk(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    for word in ("async", "bulk"):
        op.flag(word)
    if op.flag("commit_group"):
        op.check_all_taken()
        return commit
    if op.flag("wait_group"):
        read_only = op.flag("read")
        op.check_all_taken()
        allowed = instruction.operands[0]
        assert isinstance(allowed, Immediate)
        pending = int(allowed.value)
        return lambda t, at: wait(t, t.taking_part(at), pending, read_only)
    if op.flag("prefetch"):
        return _prefetch(op)
    form = bulk_form(instruction)
    box_of = _tensor_boxes(form, layout) if form.dimensions else _ranges(form, layout)
    return _loads(form, box_of, layout) if form.loads else _stores(form, box_of)


def _prefetch(op: Opcode) -> Step:
    """Into the cache, which changes nothing here."""
    if op.flag("tensor"):
        op.one_of(*DIMENSIONS)
        op.flag("tile")
    op.one_of("L2")
    op.one_of("global")
    op.check_all_taken()
    return lambda t, at: None


def _one(t: Threads, read: Reader, lane: int) -> int:
    """What a lane reads."""
    return int(np.broadcast_to(read(t, np.array([lane])), 1)[0])


def _aligned(t: Threads, form: BulkForm, lane: int, **values: tuple[int, int]) -> bool:
    """Whether values, (value, divisor), are multiples of what they must be; findings if not."""
    for name, (value, divisor) in values.items():
        if value % divisor:
            message = f"{name} {value} is no multiple of {divisor}"
            t.report("misaligned", form.instruction, message, np.array([lane]))
    return all(value % divisor == 0 for value, divisor in values.values())


def _ranges(form: BulkForm, layout: Layout) -> _BoxOf:
    assert form.size is not None
    read_shared, _ = address_reader(form.shared, "shared", layout)
    read_global, _ = address_reader(form.global_, "global", layout)
    read_size = reader(form.size, "u32", layout)

    def box(t: Threads, lane: int) -> Box | None:
        shared, place, size = (_one(t, r, lane) for r in (read_shared, read_global, read_size))
        rules = dict(shared=(shared, PIECE), place=(place, PIECE), size=(size, PIECE))
        return range_box(t, lane, shared, place, size) if _aligned(t, form, lane, **rules) else None

    return box


def _tensor_boxes(form: BulkForm, layout: Layout) -> _BoxOf:
    assert isinstance(form.global_, TensorPlace)
    read_shared, _ = address_reader(form.shared, "shared", layout)
    read_map, _ = address_reader(form.global_.map, "generic", layout)
    coordinates = [reader(each, "s32", layout) for each in form.global_.coordinates]
    halves = [
        Form(
            form.instruction,
            lambda t, at, skip=skip: read_map(t, at) + skip,
            *("generic", _HALF_MAP, False),
        )
        for skip in (0, _HALF_MAP)
    ]

    def box(t: Threads, lane: int) -> Box | None:
        shared = _one(t, read_shared, lane)
        if not _aligned(t, form, lane, shared=(shared, TENSOR_ALIGNMENT)):
            return None
        data = b""
        for half in halves:
            for access, _ in accesses(t, np.array([lane]), half):
                for offset in access.offset:
                    data += t.bytes[access.space][offset : offset + _HALF_MAP].tobytes()
        if len(data) < MAP_BYTES:
            return None
        return tensor_box(t, lane, shared, data, [_one(t, read, lane) for read in coordinates])

    return box


@dataclass(eq=False)
class Load:
    """A copy into shared memory that has not landed."""

    instruction: Instruction
    box: Box
    values: Array
    offset: int  # of the mbarrier
    known: Array | None  # by the clocks: what its thread knew, itself included

    @property
    def lanes(self) -> Array:
        return np.array([self.box.lane])

    def land(self, t: Threads) -> None:
        self.box.to_shared(t, self.values)
        if "shared" in t.initialised:
            places = self.box.pieces[..., None] + np.arange(PIECE)
            t.initialised["shared"][places] = 1
        barrier = t.mbarriers.find(self.instruction, self.lanes, self.offset)
        if barrier is None:
            return
        if t.clocks is not None and self.known is not None:
            t.clocks.publish(self.known, barrier.gathered)
        t.mbarriers.expect(self.instruction, self.lanes, barrier, -self.box.bytes)


def _loads(form: BulkForm, box_of: _BoxOf, layout: Layout) -> Step:
    assert form.barrier is not None
    instruction = form.instruction
    read_barrier, _ = address_reader(form.barrier, "shared", layout)
    place = Form(instruction, read_barrier, "shared", BYTES, True)

    def step(t: Threads, at: Lanes) -> None:
        for offset, lanes in objects(t, t.taking_part(at), place):
            if t.mbarriers.find(instruction, lanes, offset) is None:
                continue
            for lane in lanes:
                box = box_of(t, lane)
                if box is None or not box.bytes:
                    continue
                if not may_start(t, instruction, box, loads=True, keeps=False):
                    continue
                known = t.clocks.moment(lane) if t.clocks is not None else None
                load = Load(instruction, box, box.from_global(t), offset, known)
                t.underway.append(load)

    return step


def _stores(form: BulkForm, box_of: _BoxOf) -> Step:
    instruction, keeps = form.instruction, bool(form.reduction)

    def step(t: Threads, at: Lanes) -> None:
        for lane in t.taking_part(at):
            box = box_of(t, lane)
            if box is not None and may_start(t, instruction, box, loads=False, keeps=keeps):
                seen = box.from_shared(t)
                group = int(t.bulk_groups[lane])
                t.bulk_stores.append(
                    Store(instruction, box, form.reduction, form.type_, seen, group)
                )

    return step
