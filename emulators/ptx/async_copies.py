"""`cp.async`: the bytes are read when the copy starts, and land when its thread waits for it, or
an mbarrier that is told of it is waited for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.access import (
    PENDING,
    Form,
    accesses,
    address_reader,
    take_hints,
    write_elements,
)
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Immediate, Instruction
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, reader
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.watched_access import Access

_WORD = 4  # copies are of 4, 8 or 16 bytes


@dataclass
class Copy:
    """A copy by some lanes that has not landed."""

    instruction: Instruction
    access: Access  # where it goes
    words: list[Array]
    group: Array  # how many groups each lane had committed before
    serial: int  # of all that was started


@dataclass(eq=False)
class Arrival:
    """An arrival at an mbarrier, of lanes whose copies so far have landed."""

    instruction: Instruction
    lanes: Array
    offset: int  # of the mbarrier
    serial: int

    def land(self, t: Threads) -> None:
        land(t, self.lanes, None, self.serial)
        barrier = t.mbarriers.find(self.instruction, self.lanes, self.offset)
        if barrier is not None:
            ones = np.ones(len(self.lanes), np.int64)
            t.mbarriers.arrive(self.instruction, self.lanes, barrier, ones)


def asynchronous(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    if not op.flag("async"):
        raise op.unknown()
    if op.flag("commit_group"):
        op.check_all_taken()
        return _commit
    if op.flag("wait_all"):
        op.check_all_taken()
        return lambda t, at: land(t, at, None)
    if op.flag("wait_group"):
        op.check_all_taken()
        allowed = instruction.operands[0]
        assert isinstance(allowed, Immediate)
        pending = int(allowed.value)
        return lambda t, at: land(t, at, pending)
    for name in ("shared", "shared::cta"):
        op.flag(name)
    op.one_of("global")
    take_hints(op)
    op.check_all_taken()
    return _start(instruction, layout)


def _commit(t: Threads, at: Lanes) -> None:
    t.copy_groups[t.taking_part(at)] += 1


def _start(instruction: Instruction, layout: Layout) -> Step:
    target, source, size, *rest = instruction.operands
    if not isinstance(size, Immediate) or size.value not in (4, 8, 16):
        raise EmulationError(f"unknown instruction {instruction.text!r}: the size")
    width = int(size.value)
    read_target, _ = address_reader(target, "shared", layout)
    read_source, _ = address_reader(source, "global", layout)
    landing = Form(instruction, read_target, "shared", width, True)
    read_count = reader(rest[0], "u32", layout) if rest else None

    def step(t: Threads, at: Lanes) -> None:
        lanes = t.taking_part(at)
        fetched = _fetched(t, lanes, instruction, read_source, read_count, width)
        for access, _ in accesses(t, lanes, landing):
            known = t.initialised.get("shared")
            if known is not None:
                for i in range(width):
                    known[access.offset + i] = PENDING
            words = list(fetched[access.lanes].view(np.uint32).T)
            groups = t.copy_groups[access.lanes]
            t.asynchronous.append(Copy(instruction, access, words, groups, t.next_serial()))

    return step


def _fetched(
    t: Threads,
    lanes: Array,
    instruction: Instruction,
    read_source: Reader,
    read_count: Reader | None,
    width: int,
) -> Array:
    """What is copied, [all lanes, bytes]; after as many bytes as an operand may say, zeros."""
    fetched = np.zeros((t.count, width), np.uint8)

    def fetch(part: Array, start: int, size: int) -> None:
        form = Form(
            instruction, lambda t, at: read_source(t, at) + start, "global", size, writes=False
        )
        for access, _ in accesses(t, part, form):
            for i in range(size):
                fetched[access.lanes, start + i] = t.bytes["global"][access.offset + i]

    if read_count is None:
        fetch(lanes, 0, width)
        return fetched
    count = np.broadcast_to(read_count(t, lanes), len(lanes))
    fetch(lanes[count >= width], 0, width)
    for byte in range(int(count[count < width].max(initial=0))):
        fetch(lanes[(count > byte) & (count < width)], byte, 1)
    return fetched


def land(t: Threads, at: Lanes, allowed: int | None, before: int | None = None) -> None:
    """What these lanes started lands, but for the last `allowed` groups that they committed, and
    what was started after the number `before`."""
    waiting = np.zeros(t.count, np.bool_)
    waiting[t.taking_part(at)] = True
    kept = []
    for copy in t.asynchronous:
        lanes = copy.access.lanes
        done = waiting[lanes] & (before is None or copy.serial < before)
        if allowed is not None:
            done = done & (copy.group < t.copy_groups[lanes] - allowed)
        if done.any():
            part = Access("shared", lanes[done], copy.access.offset[done], copy.access.size)
            write_elements(t, copy.instruction, part, _WORD, [w[done] for w in copy.words])
        if not done.all():
            rest = ~done
            access = Access("shared", lanes[rest], copy.access.offset[rest], copy.access.size)
            words = [w[rest] for w in copy.words]
            kept.append(Copy(copy.instruction, access, words, copy.group[rest], copy.serial))
    t.asynchronous = kept
