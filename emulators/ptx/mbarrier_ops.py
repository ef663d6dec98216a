"""The instructions `mbarrier.*` and `cp.async.mbarrier.arrive`.

The two that wait, `test_wait` and `try_wait`, end a block: see `waits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from clawc.emulators.ptx.access import Form, accesses, address_reader, space_of
from clawc.emulators.ptx.async_copies import Arrival
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.mbarrier import BYTES
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Address, Immediate, Instruction, Operand
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, reader, writer
from clawc.emulators.ptx.values import Array


def object_form(op: Opcode, place: Operand, instruction: Instruction, layout: Layout) -> Form:
    """Where the instruction's mbarrier is."""
    read, space = address_reader(place, space_of(op), layout)
    return Form(instruction, read, space, BYTES, True)


def objects(t: Threads, lanes: Array, form: Form) -> Iterator[tuple[int, Array]]:
    """The offsets of the objects that lanes name, each with the lanes that name it."""
    for access, _ in accesses(t, lanes, form):
        if access.space != "shared":
            if len(access.lanes):
                what = f"uses an mbarrier in {access.space} memory"
                t.report("mbarrier", form.instruction, what, access.lanes)
            continue
        for offset in np.unique(access.offset):
            yield int(offset), access.lanes[access.offset == offset]


def of_lanes(read: Reader, t: Threads, lanes: Array) -> Array:
    return np.broadcast_to(read(t, lanes), len(lanes)).astype(np.int64)


def mbarrier(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    kind = op.one_of(*_KINDS)
    return _KINDS[kind](op, instruction, layout)


def take_order(op: Opcode) -> bool:
    """The modifiers of order and scope; whether the instruction orders memory."""
    relaxed = op.flag("relaxed")
    for name in ("release", "cta", "cluster"):
        op.flag(name)
    return not relaxed


def _initialise(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
    place, count = instruction.operands
    form = object_form(op, place, instruction, layout)
    op.one_of("b64")
    op.check_all_taken()
    read = reader(count, "u32", layout)

    def step(t: Threads, at: Lanes) -> None:
        for offset, lanes in objects(t, t.taking_part(at), form):
            count = int(of_lanes(read, t, lanes[:1])[0])
            t.mbarriers.initialise(instruction, int(lanes[0]), offset, count)

    return step


def _invalidate(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
    form = object_form(op, instruction.operands[0], instruction, layout)
    op.one_of("b64")
    op.check_all_taken()

    def step(t: Threads, at: Lanes) -> None:
        for offset, lanes in objects(t, t.taking_part(at), form):
            t.mbarriers.invalidate(instruction, lanes, offset)

    return step


def _expects(sign: int) -> Callable[[Opcode, Instruction, Layout], Step]:
    """`expect_tx` and `complete_tx`."""

    def build(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
        place, count = instruction.operands
        take_order(op)
        form = object_form(op, place, instruction, layout)
        op.one_of("b64")
        op.check_all_taken()
        read = reader(count, "u32", layout)

        def step(t: Threads, at: Lanes) -> None:
            for offset, lanes in objects(t, t.taking_part(at), form):
                barrier = t.mbarriers.find(instruction, lanes, offset)
                if barrier is not None:
                    total = int(of_lanes(read, t, lanes).sum())
                    t.mbarriers.expect(instruction, lanes, barrier, sign * total)

        return step

    return build


def _arrive(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
    drops = "arrive_drop" in instruction.opcode
    expects, keeps_phase = op.flag("expect_tx"), op.flag("noComplete")
    orders = take_order(op)
    operands = list(instruction.operands)
    # Without a result where the object may be another workgroup's.
    write = None if isinstance(operands[0], Address) else writer(operands.pop(0), "b64", layout)
    form = object_form(op, operands[0], instruction, layout)
    op.one_of("b64")
    op.check_all_taken()
    if (expects or keeps_phase) and len(operands) != 2:
        raise op.unknown()
    read_bytes = reader(operands[1], "u32", layout) if expects else None
    count = operands[1] if len(operands) == 2 and not expects else Immediate(1)
    read_count = reader(count, "u32", layout)

    def step(t: Threads, at: Lanes) -> None:
        for offset, lanes in objects(t, t.taking_part(at), form):
            barrier = t.mbarriers.find(instruction, lanes, offset)
            if barrier is None:
                continue
            counts = of_lanes(read_count, t, lanes)
            if read_bytes is not None:
                total = int(of_lanes(read_bytes, t, lanes).sum())
                t.mbarriers.expect(instruction, lanes, barrier, total)
            if keeps_phase and counts.sum() >= barrier.pending:
                what = "completes a phase though it says that it does not"
                t.report("mbarrier", instruction, what, lanes)
            how = dict(drops=drops, orders=orders)
            before = t.mbarriers.arrive(instruction, lanes, barrier, counts, **how)
            if write is not None:
                write(t, lanes, before)

    return step


def _pending_count(op: Opcode, instruction: Instruction, layout: Layout) -> Step:
    op.one_of("b64")
    op.check_all_taken()
    write = writer(instruction.operands[0], "b32", layout)
    read = reader(instruction.operands[1], "b64", layout)

    def step(t: Threads, at: Lanes) -> None:
        write(t, at, (read(t, at) & np.uint64(0xFFFFFFFF)).astype(np.uint32))

    return step


_KINDS: dict[str, Callable[[Opcode, Instruction, Layout], Step]] = {
    "init": _initialise,
    "inval": _invalidate,
    "arrive": _arrive,  # also with `.expect_tx`
    "arrive_drop": _arrive,
    "expect_tx": _expects(1),
    "complete_tx": _expects(-1),
    "pending_count": _pending_count,
}


def arrive_after_copies(instruction: Instruction, layout: Layout) -> Step:
    """`cp.async.mbarrier.arrive`: when this thread's `cp.async` before it have landed.

    Without `.noinc` the arrival is one more than the object expects.
    """
    op = Opcode(instruction.opcode)
    for name in ("async", "mbarrier", "arrive"):
        op.one_of(name)
    more = not op.flag("noinc")
    form = object_form(op, instruction.operands[0], instruction, layout)
    op.one_of("b64")
    op.check_all_taken()

    def step(t: Threads, at: Lanes) -> None:
        for offset, lanes in objects(t, t.taking_part(at), form):
            barrier = t.mbarriers.find(instruction, lanes, offset)
            if barrier is not None:
                barrier.pending += len(lanes) if more else 0
                t.underway.append(Arrival(instruction, lanes, offset, t.next_serial()))

    return step
