"""Threads that wait for a phase of an mbarrier: `mbarrier.test_wait` and `mbarrier.try_wait`.

A wait that fails sleeps until the phase is complete, or until nobody else can go on, and says that
it failed, as after a time limit.  Where threads have clocks, the first that would pass is told no,
too, unless the thread must know better.  So who does not ask again knows of nothing.  Copies land
when somebody sleeps for them and nobody can go on without: as late as can be, so that what does not
wait for them sees that they are not there.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.clocks import Clocks
from clawc.emulators.ptx.mbarrier import Mbarrier
from clawc.emulators.ptx.mbarrier_ops import objects, of_lanes
from clawc.emulators.ptx.progress import Progress, ReadyBlock
from clawc.emulators.ptx.values import Array

_FRUITLESS = 3  # times that all who sleep ask again in vain, before they are taken for stuck


class Waits:
    """Who sleeps, of a scheduler's threads."""

    def __init__(self, progress: Progress) -> None:
        self.t, self.blocks = progress.t, progress.blocks
        count = self.t.count
        self.asleep = np.zeros(count, np.bool_)
        self.object = np.zeros(count, np.int64)  # the offset of the mbarrier
        self.phase = np.zeros(count, np.int64)  # that is waited for
        self.slept_at = np.zeros(count, np.int64)  # the block that ends in the wait
        self.fruitless = 0

    def reach(self, ready: ReadyBlock, lanes: Array) -> None:
        """Some lanes come to the wait at the end of a block; their position is after it."""
        form = ready.wait
        assert form is not None
        t = self.t
        tokens = of_lanes(form.token, t, lanes)
        passed = np.ones(len(lanes), np.bool_)
        for offset, named in objects(t, lanes, form.place):
            barrier = t.mbarriers.find(form.instruction, named, offset)
            if barrier is None:
                continue
            here = np.searchsorted(lanes, named)
            if form.by_parity:
                done = (tokens[here] & 1) != barrier.phase & 1
            else:
                done = (tokens[here] >> 32 & 0xFFFFFFFF) != barrier.phase & 0xFFFFFFFF
            waiting = named[~done]
            passed[here] = done
            if form.acquires and t.clocks is not None:
                passed[here[done]] = self.admitted(t.clocks, barrier, named[done])
            self.asleep[waiting] = True
            self.object[waiting], self.phase[waiting] = offset, barrier.phase
            self.slept_at[waiting] = ready.block.number
        form.result(t, lanes, passed)

    def admitted(self, clocks: Clocks, barrier: Mbarrier, lanes: Array) -> Array:
        """Of lanes whose phase is complete those that are told so, and know now what came before;
        the others could have asked a moment earlier, and are told no once."""
        unaware = (clocks.known[lanes] < clocks.known[barrier.complete]).any(axis=1)
        denied = unaware & (barrier.denied[lanes] != barrier.phase)
        barrier.denied[lanes[denied]] = barrier.phase
        clocks.acquire(lanes[~denied], barrier.complete)
        return ~denied

    def look(self) -> None:
        """Wake those whose phase is complete: they ask again."""
        self.t.mbarriers.completed = False
        self.fruitless = 0
        sleeping = np.flatnonzero(self.asleep)
        for offset in np.unique(self.object[sleeping]):
            barrier = self.t.mbarriers.at.get(int(offset))
            if barrier is None:
                continue
            chosen = (self.object[sleeping] == offset) & (self.phase[sleeping] != barrier.phase)
            self.asleep[sleeping[chosen]] = False

    def wake(self) -> bool:
        """Nobody can go on: a copy of each mbarrier lands, or all who sleep ask again; whether
        somebody can now."""
        t = self.t
        sleeping = np.flatnonzero(self.asleep)
        if not len(sleeping):
            return False
        wanted = set(self.object[sleeping].tolist())
        if t.underway:
            firsts = {each.offset: each for each in reversed(t.underway) if each.offset in wanted}
            landing = list(firsts.values()) or t.underway[:1]
            t.underway = [each for each in t.underway if each not in landing]
            for each in landing:
                each.land(t)
            return True
        self.fruitless += 1
        if self.fruitless > _FRUITLESS:
            return False
        self.asleep[sleeping] = False
        return True

    def report(self) -> bool:
        """Whether some sleep for ever; it is reported what for."""
        sleeping = np.flatnonzero(self.asleep)
        if not len(sleeping):
            return False
        lane = sleeping[0]
        instruction = self.blocks[self.slept_at[lane]].block.control
        offset = int(self.object[lane])
        barrier = self.t.mbarriers.at.get(offset)
        assert instruction is not None
        message = f"waits for ever for the mbarrier at {self.t.mbarriers.described(offset)}, "
        if barrier is None:
            message += "which is no longer there"
        else:
            message += (
                f"in phase {barrier.phase}, with {barrier.pending} of {barrier.expected} arrivals "
                f"and {barrier.bytes_to_come} bytes to come"
            )
        self.t.report("deadlock", instruction, message, sleeping[self.object[sleeping] == offset])
        return True
