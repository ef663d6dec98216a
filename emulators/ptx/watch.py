"""What is watched through a launch: races, bounds, and how often what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clawc.chips.transactions import bank_passes, fewest_sectors, sectors
from clawc.emulators.checks import Checks, RaceShadow
from clawc.emulators.interface import Counts, Options
from clawc.emulators.memory import Buffer
from clawc.emulators.ptx.clocks import ClockShadow
from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.values import BITS, Array

if TYPE_CHECKING:
    from clawc.emulators.ptx.access import Access
    from clawc.emulators.ptx.threads import Threads

_ACCESSES = frozenset("ld ldu st atom red cp ldmatrix stmatrix wmma".split())


class Watch:
    """The checks and counts of one launch."""

    def __init__(self, layout: Layout, options: Options, buffers: Sequence[Buffer]) -> None:
        self.layout = layout
        self.check = options.check
        self.count = options.count
        self.buffers = list(buffers)
        self.checks = Checks(layout.kernel.name)
        self.counts = Counts()
        self.granules = granules(layout)
        if self.check:
            self.limits = layout.memory.limits(self.buffers)
            self.shadow = self.new_shadow("global", 1)

    def new_shadow(self, space: str, workgroups: int) -> RaceShadow | ClockShadow:
        layout = self.layout
        size = layout.memory.end if space == "global" else workgroups * layout.shared_stride
        places = -(-size // self.granules[space])
        if layout.has_clocks:
            return ClockShadow(places, layout.cluster * layout.lanes_per_workgroup // WARP)
        return RaceShadow(places, layout.lanes_per_workgroup, WARP)

    def nearest_buffer(self, offset: int) -> str:
        """Where an offset into global memory is, seen from the buffer before it."""
        before = [b for b in self.buffers if b.offset <= offset] or self.buffers
        if not before:
            return f"byte {offset} of global memory, of which the kernel has no buffer"
        nearest = max(before, key=lambda b: b.offset)
        number = self.buffers.index(nearest)
        return f"byte {offset - nearest.offset} of buffer {number}, of {nearest.size} bytes"

    def reads(self, t: Threads, instruction: Instruction, access: Access) -> None:
        shadow, granule = t.shadows[access.space], self.granules[access.space]
        me = who(t, actors(instruction, access.lanes))
        bad = np.zeros(len(access.lanes), np.bool_)
        for start in range(0, access.size, granule):
            bad |= shadow.reads((access.offset + start) // granule, *me)
        if bad.any():
            what = f"reads {access.space} memory that another thread writes, with nothing between"
            t.report("race", instruction, what, access.lanes[bad])

    def writes(
        self, t: Threads, instruction: Instruction, access: Access, changes: Array, clash: Array
    ) -> None:
        """`changes`: the access puts another value there; `clash`: lanes of it disagree."""
        bad = clash | self.unordered_writes(t, instruction, access, changes)
        if bad.any():
            self.report_writes(t, instruction, access.space, access.lanes[bad])

    def unordered_writes(
        self, t: Threads, instruction: Instruction, access: Access, changes: Array
    ) -> Array:
        """Notes writes; which lanes' race, of those that change something."""
        shadow, granule = t.shadows[access.space], self.granules[access.space]
        me = who(t, actors(instruction, access.lanes))
        bad = np.zeros(len(access.lanes), np.bool_)
        for start in range(0, access.size, granule):
            bad |= shadow.writes((access.offset + start) // granule, *me, changes)
        return bad

    def report_writes(self, t: Threads, instruction: Instruction, space: str, lanes: Array) -> None:
        what = f"writes {space} memory that another thread uses, with nothing between"
        t.report("race", instruction, what, lanes)

    def note_access(self, t: Threads, access: Access, writes: bool) -> None:
        """Bytes and transactions of an access."""
        if access.space not in ("global", "shared") or not len(access.lanes):
            return
        what = f"{access.space} {'write' if writes else 'read'}"
        counts = self.counts
        counts.memory_bytes[what] += access.size * len(access.lanes)
        warp, lane = access.lanes // WARP, access.lanes % WARP
        if access.space == "global":
            counts.transactions[what] += sectors(warp, access.offset, access.size)
            counts.ideal_transactions[what] += fewest_sectors(warp, access.offset, access.size)
        else:
            taken, fewest = bank_passes(warp, lane, access.offset, access.size)
            counts.transactions[what] += taken
            counts.ideal_transactions[what] += fewest


def actors(instruction: Instruction, lanes: Array) -> Array:
    """Who accesses what: of `wmma` the warp, in the person of its first lane, since the manual does
    not say which lane has which element."""
    return lanes - lanes % WARP if instruction.base == "wmma" else lanes


def who(t: Threads, lanes: Array) -> tuple[Any, ...]:
    """What the shadow of this launch wants to know of lanes: see there."""
    if t.clocks is not None:
        return (t.clocks.actors(lanes),)
    return t.number[lanes], t.stamp[lanes]


def granules(layout: Layout) -> dict[str, int]:
    """The smallest access to each memory, in bytes: races are looked for piece by piece."""
    smallest = {"global": 16, "shared": 16}
    for instruction in layout.kernel.instructions:
        if instruction.base not in _ACCESSES:
            continue
        type_ = instruction.opcode.rpartition(".")[2]
        size = BITS.get(type_, 32) // 8
        if instruction.base in ("cp", "ldmatrix", "stmatrix"):
            size = 4
        names = [name for name in smallest if name in instruction.opcode]
        for name in names or smallest:
            smallest[name] = min(smallest[name], max(size, 1))
    return smallest
