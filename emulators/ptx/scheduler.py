"""Executes threads block by block: together as long as they go the same way, then in groups.

Of the groups that have come apart the one goes on that is first in the order of the blocks, so
that it cannot overtake the others by more than needed, and they meet again (see `flow`).
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.interface import EmulationError, WarpOrder
from clawc.emulators.ptx.barriers import Barriers
from clawc.emulators.ptx.bulk_store import finish
from clawc.emulators.ptx.cluster import ClusterBarrier
from clawc.emulators.ptx.flow import Block, is_cluster_barrier, is_collective, is_product
from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.progress import Progress, ReadyBlock
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Lanes, Threads
from clawc.emulators.ptx.unset import report_unset
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.waits import Waits

_ENDLESS = 10_000_000  # blocks; a kernel that has executed as many is taken for a loop without end
_FAR = np.iinfo(np.int64).max


class Scheduler:
    """Runs the threads of some workgroups from the start to the end."""

    def __init__(self, threads: Threads, blocks: list[ReadyBlock], order: WarpOrder) -> None:
        self.t = threads
        self.blocks = blocks
        progress = Progress(threads, blocks)
        self.position, self.done = progress.position, progress.done
        self.waiting = progress.waiting
        self.held = np.zeros(threads.count, np.bool_)  # at a collective, for others of the warp
        self.barriers = Barriers(progress)
        self.cluster_barrier = ClusterBarrier(progress)
        self.waits = Waits(progress)
        self.budget = _ENDLESS
        warp = threads.thread // WARP
        if order == "reversed":
            warp = threads.per_workgroup // WARP - 1 - warp
        self.precedence = warp * len(blocks) if order != "lockstep" else np.zeros_like(warp)

    def run(self) -> None:
        while (chosen := self.choose()) is not None:
            self.follow(*chosen)
        finish(self.t)

    def choose(self) -> tuple[Array, int, int] | None:
        """The lanes that go on, where they are, and up to which block they may without a look at
        the others."""
        while True:
            if self.t.mbarriers.completed:
                self.waits.look()
            lanes = np.flatnonzero(~(self.done | self.waiting | self.held | self.waits.asleep))
            if len(lanes):
                break
            if self.done.all() or not self.wake():
                return None
        key = self.position[lanes] + self.precedence[lanes]
        first = key.min()
        chosen = key == first
        group = lanes[chosen]
        others = key[~chosen]
        behind = int(self.precedence[group[0]])
        limit = int(others.min()) - behind if len(others) else _FAR
        return group, int(first) - behind, limit

    def follow(self, group: Array, number: int, limit: int) -> None:
        """Execute blocks with a group until it comes apart, waits, or meets others."""
        while True:
            ready = self.blocks[number]
            if ready.members is not None:
                group = self.gather(ready, group)
                if not len(group):
                    return
            self.budget -= 1
            if not self.budget:
                name = self.t.layout.kernel.name
                raise EmulationError(f"{name}: {_ENDLESS} blocks executed; is a loop without end?")
            at = None if len(group) == self.t.count else group
            self.execute(ready, group, at)
            following = self.control(ready, group, at)
            if following is None:
                return
            if following >= limit:
                self.position[group] = following
                return
            number = following

    def execute(self, ready: ReadyBlock, group: Array, at: Lanes) -> None:
        t = self.t
        ready.runs += 1
        ready.lanes += len(group)
        ready.warps += warps_in(group)
        for instruction, step in ready.steps:
            if instruction.predicate is None:
                step(t, at)
                continue
            taken = self.predicate(instruction, at)
            if taken.all():
                step(t, at)
            elif taken.any():
                step(t, group[taken])

    def predicate(self, instruction: Instruction, at: Lanes) -> Array:
        assert instruction.predicate is not None
        values = self.t.registers[instruction.predicate.number]
        chosen = values if at is None else values[at]
        return ~chosen if instruction.inverted else chosen

    def control(self, ready: ReadyBlock, group: Array, at: Lanes) -> int | None:
        """Where the whole group goes on; None if it came apart, waits or is done."""
        block, instruction = ready.block, ready.block.control
        if instruction is None:
            return block.following
        for register in ready.unsure if self.t.watch.check else ():
            report_unset(self.t, instruction, register, group)
        taken = None if instruction.predicate is None else self.predicate(instruction, at)
        if taken is not None and not taken.any():
            return block.following
        if taken is None or taken.all():
            through, rest = group, group[:0]
        else:
            through, rest = group[taken], group[~taken]
        if instruction.base == "bra" and through is group:
            if block.targets[0] == block.number and not block.plain:
                name = self.t.layout.kernel.name
                raise EmulationError(f"{name}: {instruction.text!r} is a loop without end")
            return block.targets[0]
        self.position[rest] = block.following
        if instruction.base == "bra":
            self.position[through] = block.targets[0]
        elif instruction.base == "brx":
            assert ready.selector is not None
            targets = np.array(block.targets)
            choice = np.broadcast_to(ready.selector(self.t, through), len(through))
            if (choice >= len(targets)).any():
                raise EmulationError(f"{instruction.text!r}: an index beyond the table")
            self.position[through] = targets[choice]
        elif instruction.base == "exit":
            self.done[through] = True
            self.cluster_barrier.leave(instruction, through)
        elif instruction.base == "trap":
            self.t.report("trap", instruction, "stops the kernel", through)
            self.done[:] = True
        else:
            self.position[through] = block.following
            if is_cluster_barrier(instruction):
                self.cluster_barrier.reach(ready, through)
            elif ready.wait is not None:
                self.waits.reach(ready, through)
            else:
                self.barriers.reach(ready, through)
        return None

    # Collectives
    def gather(self, ready: ReadyBlock, group: Array) -> Array:
        """Those of the group whose warps are complete, with others that have waited for them."""
        instruction = ready.steps[0][0]
        count = len(group)
        live = int((~self.done).sum())
        if count == live:
            return group
        here = self.held & (self.position == ready.block.number)
        taking = group
        if instruction.predicate is not None:
            taking = group[self.predicate(instruction, group)]
        here[taking] = True
        assert ready.members is not None
        mask = np.zeros(self.t.count, np.uint32)
        candidates = np.flatnonzero(here)
        mask[candidates] = ready.members(self.t, candidates)
        by_warp = np.bitwise_or.reduce(mask.reshape(-1, WARP), axis=1)
        if is_product(instruction):
            by_warp[any_of_warpgroup(self.t, by_warp != 0)] = 0xFFFFFFFF
        wanted = (by_warp[:, None] >> np.arange(WARP, dtype=np.uint32)) & np.uint32(1) == 1
        wanted &= ~self.done.reshape(-1, WARP)
        complete = (~wanted | here.reshape(-1, WARP)).all(axis=1)
        if is_product(instruction):
            complete = ~any_of_warpgroup(self.t, ~complete)
        going = here & np.repeat(complete, WARP)
        staying = here & ~going
        self.held[staying], self.held[going] = True, False
        self.position[staying] = ready.block.number
        going[group] = ~staying[group]
        return np.flatnonzero(going)

    def wake(self) -> bool:
        """Nobody can go on of themselves.  Threads that wait at a barrier while the others of their
        workgroup have ended may, and those for whom a copy lands; others wait for ever."""
        if self.barriers.wake() or self.cluster_barrier.wake() or self.waits.wake():
            return True
        if self.held.any() or self.waiting.any():
            stuck = np.flatnonzero(self.held if self.held.any() else self.waiting)
            here = self.blocks[self.position[stuck[0]]].block
            held = self.held[stuck[0]]
            instruction = here.plain[0] if held else self.barriers.instruction(stuck[0])
            self.t.report("divergence", instruction, "waits for threads that never come", stuck)
        self.waits.report()
        return False


def warps_in(lanes: Array) -> int:
    """How many warps have a lane among these, which ascend."""
    warps = lanes // WARP
    return int(np.count_nonzero(warps[1:] != warps[:-1])) + 1


def any_of_warpgroup(t: Threads, warps: Array) -> Array:
    """The warps of whose warpgroup, four warps of a workgroup, any is among these."""
    in_workgroup = t.per_workgroup // WARP
    workgroup, warp = np.divmod(np.arange(len(warps)), in_workgroup)
    number = workgroup * in_workgroup + warp // 4
    found = np.zeros(len(warps), np.bool_)
    found[number[warps]] = True
    return found[number]


def starts_collective(block: Block) -> bool:
    return bool(block.plain) and is_collective(block.plain[0])
