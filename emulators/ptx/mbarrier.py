"""mbarrier objects: arrivals and bytes to come, phase by phase.

The phase of an object is complete when nobody is pending and no bytes are expected; the next one
begins at once (PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier").  What
the 64 bits in shared memory hold is not specified; here they are marked, and the state is kept
beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.clocks import Clocks
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.values import Array

BYTES = 8  # of an object, and its alignment
MOST = (1 << 20) - 1  # of what a count may be
HELD = 3  # in the map of what is initialised: an mbarrier is there


Report = Callable[[str, Instruction, str, Array], None]  # kind, who, what, which lanes


@dataclass(eq=False)
class Mbarrier:
    """An object in the shared memory of a workgroup."""

    offset: int  # in the bytes of shared memory of all workgroups
    expected: int  # arrivals a phase
    initialiser: int  # the lane that made it
    denied: Array  # by lane: the phase in which a wait that could pass was told no, see waits
    made_at: int = 0  # when, by the clocks
    pending: int = 0  # arrivals
    bytes_to_come: int = 0  # the tx-count
    phase: int = 0
    gathered: int = -1  # rows of the clocks: what arrivals in this phase publish,
    complete: int = -1  # and what those know that have seen a phase completed

    def state(self) -> int:
        """What an arrival returns, from before it."""
        return (self.phase & 0xFFFFFFFF) << 32 | (self.pending & 0xFFFFFFFF)


class Mbarriers:
    """Those of some workgroups, of `lanes` lanes together.

    `known` is the map of what is initialised in their shared memory, if that is checked.
    """

    def __init__(
        self, lanes: int, stride: int, clocks: Clocks | None, known: Array | None, report: Report
    ) -> None:
        self.lanes, self.stride = lanes, stride  # of the shared memory of a workgroup, in bytes
        self.clocks, self.known, self.report_finding = clocks, known, report
        self.at: dict[int, Mbarrier] = {}
        self.completed = False  # a phase of one, since somebody looked

    def find(self, instruction: Instruction, lanes: Array, offset: int) -> Mbarrier | None:
        """The object at an offset; a finding where there is none, or none that lanes may use."""
        found = self.at.get(offset)
        if found is None:
            self.report(instruction, lanes, offset, "where no mbarrier was initialised")
            return None
        known, clocks = self.known, self.clocks
        if known is not None and (known[offset : offset + BYTES] != HELD).any():
            self.report(instruction, lanes, offset, "an mbarrier that was overwritten")
        if clocks is not None:
            early = clocks.known[lanes, clocks.warp[found.initialiser]] < found.made_at
            early &= lanes != found.initialiser
            if early.any():
                what = "an mbarrier that another thread initialises, with nothing between"
                self.report(instruction, lanes[early], offset, what, kind="race")
        return found

    def report(
        self, instruction: Instruction, lanes: Array, offset: int, what: str, kind: str = "mbarrier"
    ) -> None:
        self.report_finding(kind, instruction, f"uses {self.described(offset)}, {what}", lanes)

    def described(self, offset: int) -> str:
        return f"byte {offset % self.stride} of shared memory"

    def initialise(self, instruction: Instruction, lane: int, offset: int, count: int) -> None:
        lanes, clocks = np.array([lane]), self.clocks
        if not 1 <= count <= MOST:
            self.report(instruction, lanes, offset, f"for {count} arrivals; 1 to {MOST} can be")
        if offset in self.at:
            self.report(instruction, lanes, offset, "where a living mbarrier is")
        made = Mbarrier(offset, count, lane, np.full(self.lanes, -1), pending=count)
        if clocks is not None:
            made.made_at = clocks.now
            made.gathered, made.complete = clocks.new_row(), clocks.new_row()
            clocks.now += 1
        self.at[offset] = made
        self.mark(offset, HELD)

    def invalidate(self, instruction: Instruction, lanes: Array, offset: int) -> None:
        if self.find(instruction, lanes, offset) is not None:
            del self.at[offset]
            self.mark(offset, 0)

    def mark(self, offset: int, held: int) -> None:
        if self.known is not None:
            self.known[offset : offset + BYTES] = held

    def expect(self, instruction: Instruction, lanes: Array, barrier: Mbarrier, count: int) -> None:
        """More bytes to come, or fewer: `expect_tx` and `complete_tx`."""
        barrier.bytes_to_come += count
        if abs(barrier.bytes_to_come) > MOST:
            what = f"with {barrier.bytes_to_come} bytes to come; {MOST} are the most"
            self.report(instruction, lanes, barrier.offset, what)
        if count < 0:
            self.look(barrier)

    def arrive(
        self,
        instruction: Instruction,
        lanes: Array,
        barrier: Mbarrier,
        counts: Array,
        drops: bool = False,
        orders: bool = True,
    ) -> Array:
        """Lanes arrive, one after the other; returns the states from before each.

        Where that `orders` memory, what they know is published to those that wait for this phase.
        """
        before = np.zeros(len(lanes), np.uint64)
        if counts.sum() > barrier.pending:  # they complete phases between them
            for i in range(len(lanes)):
                before[i] = barrier.state()
                self.publish(lanes[i : i + 1], barrier, orders)
                if counts[i] > barrier.pending:
                    what = f"with {barrier.pending} arrivals pending; {counts[i]} come"
                    self.report(instruction, lanes[i : i + 1], barrier.offset, what)
                self.count_arrivals(barrier, int(counts[i]), drops)
            return before
        self.publish(lanes, barrier, orders)
        before[:] = barrier.state()
        before -= (np.cumsum(counts) - counts).astype(np.uint64)
        self.count_arrivals(barrier, int(counts.sum()), drops)
        return before

    def publish(self, lanes: Array, barrier: Mbarrier, orders: bool) -> None:
        if self.clocks is not None and orders:
            self.clocks.release(lanes, barrier.gathered)

    def count_arrivals(self, barrier: Mbarrier, count: int, drops: bool) -> None:
        barrier.expected -= count if drops else 0
        barrier.pending -= count
        self.look(barrier)

    def look(self, barrier: Mbarrier) -> None:
        """Is the phase complete?"""
        if barrier.pending > 0 or barrier.bytes_to_come:
            return
        barrier.phase += 1
        barrier.pending = barrier.expected
        self.completed = True
        if self.clocks is not None:
            self.clocks.pass_on(barrier.gathered, barrier.complete)
