"""The barriers of a workgroup: `bar` and `barrier.cta`.

A barrier counts whole warps (PTX ISA, "bar, barrier"); with no count of threads it is for all of
the workgroup.  `arrive` is counted and goes on; `sync` and `red` wait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.checks import next_epoch
from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.barrier_form import BarrierForm
from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.progress import Progress, ReadyBlock
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.values import Array

BARRIERS = 16  # of a workgroup


@dataclass
class Arrivals:
    """Warps that have arrived at a barrier and went on, until it is complete."""

    warps: int = 0
    row: int = -1  # of the clocks: what they have published


class Barriers:
    """The barriers of all workgroups of a scheduler."""

    def __init__(self, progress: Progress) -> None:
        self.t, self.blocks = progress.t, progress.blocks
        self.done, self.waiting = progress.done, progress.waiting
        self.number, self.arrived_at = progress.barrier, progress.arrived_at
        self.arrivals: dict[tuple[int, int], Arrivals] = {}  # by workgroup and number
        self.counts: dict[int, int] = {}  # that were said, by workgroup and number together
        self.votes = np.zeros(self.t.count, np.bool_)  # of `bar.red`

    def reach(self, ready: ReadyBlock, lanes: Array) -> None:
        """Some lanes come to the barrier at the end of a block; their position is after it."""
        form, t = ready.barrier, self.t
        assert form is not None
        if len(lanes) == t.count and form.expected is None and form.kind == "sync":
            self.order(lanes)
            return
        assert form.selector is not None
        numbers = np.broadcast_to(form.selector(t, lanes), len(lanes)).astype(np.int64)
        if (numbers >= BARRIERS).any():
            raise EmulationError(f"{form.instruction.text!r}: a workgroup has {BARRIERS} barriers")
        if form.kind != "arrive":
            self.waiting[lanes] = True
            self.arrived_at[lanes] = ready.block.number
            self.number[lanes] = numbers
        if form.predicate is not None:
            self.votes[lanes] = np.broadcast_to(form.predicate(t, lanes), len(lanes))
        expected = self.expected(form, lanes)
        keys = t.group[lanes] * BARRIERS + numbers
        if expected is not None:
            self.check_counts(form, lanes, keys, expected)
        for key in np.unique(keys):
            here = keys == key
            group, number = divmod(int(key), BARRIERS)
            if form.kind == "arrive":
                self.note_arrival(group, number, lanes[here])
            self.complete(group, number, None if expected is None else int(expected[here][0]))

    def expected(self, form: BarrierForm, lanes: Array) -> Array | None:
        if form.expected is None:
            return None
        counts = np.broadcast_to(form.expected(self.t, lanes), len(lanes))
        odd = (counts % WARP != 0) | (counts == 0)
        if odd.any():
            what = f"is for {int(counts[odd][0])} threads, which are no whole warps"
            self.t.report("divergence", form.instruction, what, lanes[odd])
        return counts

    def check_counts(self, form: BarrierForm, lanes: Array, keys: Array, counts: Array) -> None:
        """All who come to a barrier must say the same count."""
        agreed = [self.counts.setdefault(*each) for each in zip(keys, counts, strict=True)]
        others = np.array(agreed) != counts
        if others.any():
            what = f"is for {counts[others][0]} threads, but others wait there for another number"
            self.t.report("divergence", form.instruction, what, lanes[others])

    def note_arrival(self, group: int, number: int, lanes: Array) -> None:
        arrivals = self.arrivals.setdefault((group, number), Arrivals())
        arrivals.warps += len(np.unique(lanes // WARP))
        if self.t.clocks is not None:
            if arrivals.row < 0:
                arrivals.row = self.t.clocks.new_row()
            self.t.clocks.release(lanes, arrivals.row)

    def complete(self, group: int, number: int, expected: int | None) -> None:
        """Let those go on that wait at a barrier, if all are there."""
        t = self.t
        here = slice(group * t.per_workgroup, (group + 1) * t.per_workgroup)
        waiting, done = self.waiting[here], self.done[here]
        at_it = waiting & (self.number[here] == number)
        if expected is None:
            if (at_it | done).all():
                lanes = np.flatnonzero(at_it) + here.start
                self.check(lanes)
                self.release(lanes, Arrivals())
            return
        arrivals = self.arrivals.get((group, number), Arrivals())
        whole = (at_it | done).reshape(-1, WARP).all(axis=1) & at_it.reshape(-1, WARP).any(axis=1)
        if WARP * (int(whole.sum()) + arrivals.warps) >= expected:
            self.arrivals.pop((group, number), None)
            self.counts.pop(group * BARRIERS + number, None)
            self.release(np.flatnonzero(at_it) + here.start, arrivals)

    def wake(self) -> bool:
        """Threads have ended that others wait for; whether somebody goes on."""
        before = self.waiting.sum()
        own = self.waiting & (self.number >= 0)  # not the cluster's
        for key in np.unique((self.t.group * BARRIERS + self.number)[own]):
            group, number = divmod(int(key), BARRIERS)
            here = self.waiting & (self.t.group == group) & (self.number == number)
            lanes = np.flatnonzero(here)
            form = self.blocks[self.arrived_at[lanes[0]]].barrier
            assert form is not None
            expected = self.expected(form, lanes[:1])
            self.complete(group, number, None if expected is None else int(expected[0]))
        return self.waiting.sum() < before

    def check(self, lanes: Array) -> None:
        """Everybody of a workgroup waits or is done: at the same barrier?"""
        t = self.t
        instruction = self.instruction(lanes[0])
        group = t.group[lanes[0]]
        ended = self.done & t.exists & (t.group == group)
        if ended.any():
            message = "is passed though threads of the workgroup have ended"
            t.report("divergence", instruction, message, np.flatnonzero(ended))
        elsewhere = self.arrived_at[lanes] != self.arrived_at[lanes[0]]
        forms = (self.blocks[number].barrier for number in np.unique(self.arrived_at[lanes]))
        if elsewhere.any() and any(form is not None and form.aligned for form in forms):
            message = "is waited at while other threads of the workgroup wait elsewhere"
            t.report("divergence", instruction, message, lanes[elsewhere])

    def instruction(self, lane: int) -> Instruction:
        control = self.blocks[self.arrived_at[lane]].block.control
        assert control is not None
        return control

    def release(self, lanes: Array, arrivals: Arrivals) -> None:
        self.waiting[lanes] = False
        self.order(lanes)
        if self.t.clocks is not None and arrivals.row >= 0:
            self.t.clocks.acquire(lanes, arrivals.row)
        for number in np.unique(self.arrived_at[lanes]):
            form = self.blocks[number].barrier
            if form is not None and form.result is not None:
                taking = lanes[self.arrived_at[lanes] == number]
                form.result(self.t, taking, reduced(form.combine, self.votes[lanes], len(taking)))

    def order(self, lanes: Array) -> None:
        """What these did before comes before what they do next."""
        t = self.t
        t.stamp[lanes] = next_epoch(t.stamp[lanes])
        if t.clocks is not None:
            t.clocks.join(lanes, t.group[lanes])


def reduced(combine: str, votes: Array, count: int) -> Array:
    """What `bar.red` gives to each of `count` threads."""
    if combine == "popc":
        return np.full(count, votes.sum(), np.uint32)
    return np.full(count, votes.all() if combine == "and" else votes.any())
