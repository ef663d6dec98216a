"""What each thread knows to have happened: vector clocks, for kernels with more than `bar.sync`.

Time is one counter, which every synchronisation moves on.  A thread's row says for each warp of its
workgroup up to which time it knows all that was done.  Arriving somewhere publishes a row, waiting
there takes it over (Flanagan and Freund, "FastTrack", 2009, with warps for threads in the rows).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.values import Array

_SPARE = 16  # rows of objects that are there at first


@dataclass
class Actors:
    """Who accesses places of a memory, and what they know."""

    number: Array  # the thread in the launch
    group: Array  # its workgroup in the launch
    warp: Array  # within the workgroup
    known: Array  # [actors, warps]
    now: int


class Clocks:
    """The rows of some workgroups' threads, and of objects that they synchronise by."""

    def __init__(self, numbers: Array, per_workgroup: int) -> None:
        self.numbers = numbers
        self.group, thread = np.divmod(numbers, per_workgroup)
        self.warp = thread // WARP
        self.now = 1
        self.fenced_at = np.zeros(len(numbers), np.int32)  # the last `fence.proxy.async` of each
        self.rows = len(numbers)
        self.known = np.zeros((self.rows + _SPARE, per_workgroup // WARP), np.int32)

    def new_row(self) -> int:
        """Of an object that remembers what was published to it."""
        self.rows += 1
        if self.rows > len(self.known):
            self.known = np.pad(self.known, ((0, self.rows), (0, 0)))
        return self.rows - 1

    def actors(self, lanes: Array) -> Actors:
        known = self.known[lanes]
        return Actors(self.numbers[lanes], self.group[lanes], self.warp[lanes], known, self.now)

    def published(self, lanes: Array) -> Array:
        """[lanes, warps]: what they know, and what they themselves have done."""
        rows = self.known[lanes]
        rows[np.arange(len(lanes)), self.warp[lanes]] = self.now
        return rows

    def release(self, lanes: Array, row: int) -> None:
        """What these lanes, all of one workgroup, know is published to an object."""
        self.known[row] = np.maximum(self.known[row], self.published(lanes).max(axis=0))
        self.now += 1

    def moment(self, lane: int) -> Array:
        """What a lane has published by now; what it does next is later."""
        row = self.published(np.array([lane]))[0]
        self.now += 1
        return row

    def publish(self, known: Array, row: int) -> None:
        """A moment is published to an object."""
        self.known[row] = np.maximum(self.known[row], known)

    def fence(self, lanes: Array) -> None:
        """`fence.proxy.async`: copies and matrix products see what was written before."""
        self.fenced_at[lanes] = self.now
        self.now += 1

    def acquire(self, lanes: Array, row: int) -> None:
        self.known[lanes] = np.maximum(self.known[lanes], self.known[row])

    def pass_on(self, source: int, target: int) -> None:
        """What one object knows, another knows, too."""
        self.known[target] = np.maximum(self.known[target], self.known[source])

    def join(self, lanes: Array, meeting: Array) -> None:
        """Lanes with the same number of a meeting, beside each other, know what all of them do."""
        if not len(lanes):
            return
        starts = np.flatnonzero(np.r_[True, meeting[1:] != meeting[:-1]])
        met = np.maximum.reduceat(self.published(lanes), starts, axis=0)
        self.known[lanes] = np.repeat(met, np.diff(np.r_[starts, len(lanes)]), axis=0)
        self.now += 1


_NOBODY, _SEVERAL = -1, -2


class ClockShadow:
    """Who touched which place of a memory, and when, for threads with clocks.

    Of reads the last one of each warp is kept; another thread's of the same warp makes the readers
    several, unless it knew of the one before.
    """

    def __init__(self, places: int, warps: int) -> None:
        self.per_workgroup = warps * WARP
        self.writer = np.full(places, _NOBODY, np.int64)
        self.written_at = np.zeros(places, np.int32)
        self.read_at = np.zeros((warps, places), np.int32)
        self.reader = np.full((warps, places), _NOBODY, np.int64)
        self.read_in = np.full(places, _NOBODY, np.int64)  # the readers' workgroup
        self.by_copy = np.zeros(places, np.bool_)  # the last write was a copy's in bulk

    def reads(self, places: Array, actors: Actors) -> Array:
        """Note reads, a place a thread; returns which of them race."""
        bad = self.unordered(places, actors)
        warp = actors.warp
        before, at = self.reader[warp, places], self.read_at[warp, places]
        inside = self.read_in[places]
        same_group = (inside == _NOBODY) | (inside == actors.group)
        knows = actors.known[np.arange(len(places)), warp] >= at
        alone = (before == _NOBODY) | (before == actors.number) | knows & same_group
        noted = np.where(alone, actors.number, _SEVERAL)
        self.reader[warp, places] = noted
        self.read_at[warp, places] = actors.now
        lost = self.reader[warp, places] != noted  # several threads of this instruction read it
        self.reader[warp[lost], places[lost]] = _SEVERAL
        noted = np.where(same_group, actors.group, _SEVERAL)
        self.read_in[places] = noted
        lost = self.read_in[places] != noted
        self.read_in[places[lost]] = _SEVERAL
        return bad

    def writes(self, places: Array, actors: Actors, changes: Array) -> Array:
        """Note writes, a place a thread; returns which of those that change something race."""
        bad = self.unordered(places, actors)
        inside = self.read_in[places]
        bad |= (inside != _NOBODY) & (inside != actors.group)
        for warp in range(len(self.read_at)):
            late = self.read_at[warp, places] > actors.known[:, warp]
            late &= self.reader[warp, places] != actors.number
            bad |= late & (inside == actors.group)
        self.writer[places] = actors.number
        self.written_at[places] = actors.now
        self.by_copy[places] = False
        return bad & changes

    def unfenced(self, places: Array, clocks: Clocks, lanes: Array | int) -> Array:
        """Which places hold what an instruction wrote, with no `fence.proxy.async` since by who
        wrote it, nor by the lanes that want to read it as a copy or a matrix product does.

        Only for a memory of these clocks' threads alone.
        """
        writer, at = self.writer[places], self.written_at[places]
        theirs = clocks.fenced_at[np.where(writer == _NOBODY, 0, writer - clocks.numbers[0])]
        written = (writer != _NOBODY) & ~self.by_copy[places]
        return written & (np.maximum(theirs, clocks.fenced_at[lanes]) < at)

    def unordered(self, places: Array, actors: Actors) -> Array:
        """Whether the last writes of places may happen at the same time as what is done now."""
        writer = self.writer[places]
        group, thread = np.divmod(writer, self.per_workgroup)
        known = actors.known[np.arange(len(places)), thread // WARP]
        late = (group != actors.group) | (known < self.written_at[places])
        return (writer != _NOBODY) & (writer != actors.number) & late
