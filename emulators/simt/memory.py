"""Buffers that watch their accesses: bounds, alignment, races, reads before writes.

Every element remembers who wrote and who read it last, and in which epoch: the stretch between two
barriers.  Two threads race if they touch an element in one epoch, or in different workgroups at any
time, and one of them changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clawc.emulators.simt.values import unsigned

_NOBODY, _MANY = -1, -2
_NAMED = 8  # threads that a finding names


@dataclass(frozen=True)
class Finding:
    """Something wrong that a kernel did."""

    kind: str  # "out-of-bounds", "misaligned", "race", "uninitialised", "divergence"
    kernel: str
    op: str
    location: str
    threads: tuple[tuple[int, int], ...]  # (workgroup, thread) of the first ones
    message: str

    def __str__(self) -> str:
        who = ", ".join(f"{t} of workgroup {g}" for g, t in self.threads)
        return (
            f"{self.kernel}: {self.kind}: '{self.op}' {self.message} (thread {who}) {self.location}"
        )


@dataclass
class Access:
    """One operation's access by the lanes of a unit: who, when, and where to report."""

    thread: np.ndarray  # of each lane: its number in the whole launch
    workgroup_size: int
    epoch: int
    report: Callable[[str, str, np.ndarray], None]  # kind, message, lanes

    def groups(self, thread: np.ndarray) -> np.ndarray:
        return thread // self.workgroup_size


@dataclass
class Buffer:
    """The elements of one memory, or of each workgroup's copy of it, one after the other."""

    name: str
    data: np.ndarray
    alignment: int  # of the first element, in bytes
    address: int = 0  # of shared memory
    copies: int = 1
    shared: bool = False
    written: np.ndarray | None = None  # None: all of it is initialised
    shadow: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.data) // self.copies

    def forget_accesses(self) -> None:
        """A new launch: what was before has happened before."""
        self.shadow = {}

    def _places(
        self,
        at: np.ndarray,
        width: int,
        mask: np.ndarray,
        copy: np.ndarray,
        align: int,
        who: Access,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The elements of each lane, [lanes, width], and the lanes whose access is sound."""
        outside = mask & ((at < 0) | (at + width > self.size))
        if outside.any():
            lane = int(np.argmax(outside))
            what = (
                f"accesses [{at[lane]}, {at[lane] + width}) of {self.name}, of {self.size} elements"
            )
            who.report("out-of-bounds", what, outside)
        itemsize = self.data.dtype.itemsize
        askew = mask & (at * itemsize % align != 0)
        if align > self.alignment:
            askew = mask
        if askew.any():
            lane = int(np.argmax(askew))
            what = (
                f"promises {align} bytes of alignment at element {at[lane]} of {self.name}, "
                f"which is aligned to {self.alignment}"
            )
            who.report("misaligned", what, askew)
        sound = mask & ~outside
        first = np.where(sound, at, 0) + (copy * self.size if self.copies > 1 else 0)
        return first[:, None] + np.arange(width), sound

    def load(
        self,
        at: np.ndarray,
        width: int,
        mask: np.ndarray,
        copy: np.ndarray,
        align: int,
        who: Access | None,
    ) -> np.ndarray:
        """[lanes, width]; lanes that are masked off get something."""
        if who is None:
            first = np.where(mask, at, 0) + (copy * self.size if self.copies > 1 else 0)
            return self.data[first[:, None] + np.arange(width)]
        places, sound = self._places(at, width, mask, copy, align, who)
        if not sound.any():
            return np.zeros((len(at), width), self.data.dtype)
        if self.written is not None:
            missing = sound & ~self.written[places].all(axis=1)
            if missing.any():
                who.report("uninitialised", f"reads {self.name} before it is written", missing)
        self._note_reads(places[sound], who, sound)
        return self.data[places]

    def store(
        self,
        values: np.ndarray,
        at: np.ndarray,
        mask: np.ndarray,
        copy: np.ndarray,
        align: int,
        who: Access | None,
    ) -> None:
        width = values.shape[1]
        if who is None:
            first = np.where(mask, at, 0) + (copy * self.size if self.copies > 1 else 0)
            self.data[(first[:, None] + np.arange(width))[mask]] = values[mask]
        else:
            places, sound = self._places(at, width, mask, copy, align, who)
            if sound.any():
                self._note_writes(places[sound], values[sound], who, sound)
        if self.written is not None:
            first = np.where(mask, at, 0) + (copy * self.size if self.copies > 1 else 0)
            inside = mask & (at >= 0) & (at + width <= self.size)
            self.written[(first[:, None] + np.arange(width))[inside]] = True

    # Races
    def _shadow(self, name: str) -> Any:
        if name not in self.shadow:
            self.shadow[name] = np.full(len(self.data), _NOBODY, np.int64)
        return self.shadow[name]

    def _note_reads(self, places: np.ndarray, who: Access, sound: np.ndarray) -> None:
        me = np.repeat(who.thread[sound], places.shape[1])
        flat = places.ravel()
        writer = self._shadow("writer")[flat]
        close = self._shadow("write epoch")[flat] == who.epoch
        bad = (writer >= 0) & (writer != me) & (close | (who.groups(writer) != who.groups(me)))
        if bad.any():
            self._report_race("reads what another thread writes", bad, places.shape, who, sound)
        reader, epoch = self._shadow("reader"), self._shadow("read epoch")
        fresh = epoch[flat] != who.epoch
        before = np.where(fresh, me, reader[flat])
        reader[flat] = me
        reader[flat[(reader[flat] != me) | (before != me)]] = _MANY
        epoch[flat] = who.epoch

    def _note_writes(
        self, places: np.ndarray, values: np.ndarray, who: Access, sound: np.ndarray
    ) -> None:
        me = np.repeat(who.thread[sound], places.shape[1])
        flat, new = places.ravel(), unsigned(values.ravel())
        bits = self.data.view(new.dtype)
        changes = bits[flat] != new
        writer = self._shadow("writer")
        last = writer[flat]
        close = self._shadow("write epoch")[flat] == who.epoch
        bad = (last >= 0) & (last != me) & (close | (who.groups(last) != who.groups(me)))
        reader = self._shadow("reader")[flat]
        read_close = self._shadow("read epoch")[flat] == who.epoch
        elsewhere = (reader >= 0) & (who.groups(reader) != who.groups(me))
        bad |= (reader != _NOBODY) & (reader != me) & (read_close | elsewhere)
        bits[flat] = new
        clash = bits[flat] != new  # two lanes of this operation write different values
        if (bad & changes | clash).any():
            what = "writes what another thread touches"
            self._report_race(what, bad & changes | clash, places.shape, who, sound)
        writer[flat] = me
        self._shadow("write epoch")[flat] = who.epoch

    def _report_race(
        self, what: str, bad: np.ndarray, shape: tuple[int, ...], who: Access, sound: np.ndarray
    ) -> None:
        lanes = np.zeros(len(sound), bool)
        lanes[np.flatnonzero(sound)] = bad.reshape(shape).any(axis=1)
        where = "with no barrier between"
        who.report("race", f"{what} in {self.name}, {where}", lanes)


def named_threads(lanes: np.ndarray, thread: np.ndarray, size: int) -> tuple[tuple[int, int], ...]:
    """(workgroup, thread) of the first of `lanes`."""
    chosen = thread[np.flatnonzero(lanes)[:_NAMED]]
    return tuple((int(t) // size, int(t) % size) for t in chosen)
