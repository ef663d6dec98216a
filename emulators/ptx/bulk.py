"""`cp.async.bulk` and `cp.reduce.async.bulk`: copies in bulk, each started by one thread.

A copy is checked where it starts.  One into shared memory reads then, and lands when its mbarrier
is waited for; one out of it reads and writes when its group is waited for (or when the kernel ends,
which is a finding), as late as can be: what does not wait for them works with what was there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.access import Form, accesses, address_reader, in_shared
from clawc.emulators.ptx.box import PIECE, TENSOR_ALIGNMENT, Box, range_box, tensor_box
from clawc.emulators.ptx.box_checks import may_store
from clawc.emulators.ptx.bulk_form import DIMENSIONS, BulkForm, bulk_form
from clawc.emulators.ptx.bulk_load import start
from clawc.emulators.ptx.bulk_store import Store, commit, wait
from clawc.emulators.ptx.layout import WINDOW, Layout
from clawc.emulators.ptx.mbarrier import BYTES
from clawc.emulators.ptx.mbarrier_ops import objects
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Immediate, Instruction, TensorPlace
from clawc.emulators.ptx.tensor_map import BYTES as MAP_BYTES
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, reader

_SHARED, _GLOBAL = "the address in shared memory", "the address in global memory"
_HALF_MAP = MAP_BYTES // 2  # a map is aligned to its half
_Boxes = Callable[[Threads, int], list[Box]]  # of a lane


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
    boxes_of = _tensor_boxes(form, layout) if form.dimensions else _ranges(form, layout)
    return _loads(form, boxes_of, layout) if form.loads else _stores(form, boxes_of)


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


def _aligned(t: Threads, form: BulkForm, lane: int, rules: dict[str, tuple[int, int]]) -> bool:
    """Whether values, by what they are (value, divisor), are multiples; findings if not."""
    for name, (value, divisor) in rules.items():
        if value % divisor:
            message = f"copies with {name} {value}, which is no multiple of {divisor}"
            t.report("misaligned", form.instruction, message, np.array([lane]))
    return all(value % divisor == 0 for value, divisor in rules.values())


def _targets(form: BulkForm, layout: Layout) -> Callable[[Threads, int], list[tuple[int, int]]]:
    """Where in shared memory a lane's copy is: the numbers of workgroups, among those executed, and
    the address within the memory of each."""
    read_shared, _ = address_reader(form.shared, "shared", layout)
    read_mask = reader(form.workgroups, "u16", layout) if form.workgroups is not None else None

    def targets(t: Threads, lane: int) -> list[tuple[int, int]]:
        lanes = np.array([lane])
        address = np.array([_one(t, read_shared, lane) & (WINDOW - 1)])
        (group,), (inner,) = in_shared(t, address, lanes)
        if read_mask is None:
            return [(int(group), int(inner))]
        mask = _one(t, read_mask, lane)
        if mask >> layout.cluster:
            what = f"is for workgroups {mask:#b} of a cluster of {layout.cluster}"
            t.report("out-of-bounds", form.instruction, what, lanes)
        first = int(group - group % layout.cluster)
        return [(first + i, int(inner)) for i in range(layout.cluster) if mask >> i & 1]

    return targets


def _ranges(form: BulkForm, layout: Layout) -> _Boxes:
    assert form.size is not None
    targets = _targets(form, layout)
    read_global, _ = address_reader(form.global_, "global", layout)
    read_size = reader(form.size, "u32", layout)

    def boxes(t: Threads, lane: int) -> list[Box]:
        place, size = _one(t, read_global, lane), _one(t, read_size, lane)
        found = []
        for group, shared in targets(t, lane):
            rules = {_SHARED: (shared, PIECE), _GLOBAL: (place, PIECE), "a size of": (size, PIECE)}
            if size and _aligned(t, form, lane, rules):
                base = group * layout.shared_stride
                found.append(range_box(lane, base, shared, place, size))
        return found

    return boxes


def _tensor_boxes(form: BulkForm, layout: Layout) -> _Boxes:
    assert isinstance(form.global_, TensorPlace)
    targets = _targets(form, layout)
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

    def boxes(t: Threads, lane: int) -> list[Box]:
        data = b""
        for half in halves:
            for access, _ in accesses(t, np.array([lane]), half):
                for offset in access.offset:
                    data += t.bytes[access.space][offset : offset + _HALF_MAP].tobytes()
        at = [_one(t, read, lane) for read in coordinates]
        return [
            tensor_box(lane, group * layout.shared_stride, shared, data, at)
            for group, shared in targets(t, lane)
            if _aligned(t, form, lane, {_SHARED: (shared, TENSOR_ALIGNMENT)})
            and len(data) == MAP_BYTES
        ]

    return boxes


def _loads(form: BulkForm, boxes_of: _Boxes, layout: Layout) -> Step:
    assert form.barrier is not None
    instruction = form.instruction
    read_barrier, _ = address_reader(form.barrier, "shared", layout)
    place = Form(instruction, read_barrier, "shared", BYTES, True)
    is_for_several = form.workgroups is not None

    def step(t: Threads, at: Lanes) -> None:
        for offset, lanes in objects(t, t.taking_part(at), place):
            if t.mbarriers.find(instruction, lanes, offset) is None:
                continue
            for lane in lanes:
                for box in boxes_of(t, lane):
                    start(t, instruction, box, offset, is_for_several)

    return step


def _stores(form: BulkForm, boxes_of: _Boxes) -> Step:
    instruction = form.instruction

    def step(t: Threads, at: Lanes) -> None:
        for lane in t.taking_part(at):
            for box in boxes_of(t, lane):
                if may_store(t, instruction, box):
                    t.bulk_stores.append(Store(form, box, t))

    return step
