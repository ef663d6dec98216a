"""What an emulated kernel did wrong: findings, each kind once an instruction, and races.

Two threads race if both touch a place, one of them changes it, and nothing orders them: within a
warp an instruction that synchronises it, within a workgroup a barrier, between workgroups nothing.
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.interface import Finding

_NOBODY, _MANY = -1, -2  # _MANY: threads of several warps; below it, several of one warp
_NAMED = 4  # threads that a finding names
_EPOCH = 32  # a stamp is the barriers passed, shifted so far, plus the synchronisations of the warp


class Checks:
    """The findings of one launch."""

    def __init__(self, kernel: str) -> None:
        self.kernel = kernel
        self.findings: dict[tuple[str, str, str], Finding] = {}

    def report(
        self,
        kind: str,
        instruction: str,
        location: str,
        message: str,
        groups: np.ndarray,
        threads: np.ndarray,
    ) -> None:
        """The first occurrence is kept; `groups` and `threads` say who, together."""
        key = kind, instruction, location
        if key in self.findings:
            return
        named = zip(groups[:_NAMED], threads[:_NAMED], strict=True)
        who = tuple((int(group), int(thread)) for group, thread in named)
        self.findings[key] = Finding(kind, self.kernel, instruction, location, who, message)


class RaceShadow:
    """Who touched which place of a memory last, and when.

    Threads are numbered through the whole launch; those of a workgroup, `workgroup` in all, and of
    a warp follow each other.
    """

    def __init__(self, places: int, workgroup: int, warp: int) -> None:
        self.workgroup = workgroup
        self.warp = warp
        self.writer = np.full(places, _NOBODY, np.int64)
        self.written_at = np.zeros(places, np.int64)
        self.reader = np.full(places, _NOBODY, np.int64)
        self.read_at = np.zeros(places, np.int64)

    def reads(self, places: np.ndarray, me: np.ndarray, stamp: np.ndarray) -> np.ndarray:
        """Note reads, a place a thread; returns which of them race."""
        writer = self.writer[places]
        bad = writer >= 0
        if bad.any():
            bad &= self.unordered(writer, self.written_at[places], me, stamp)
        before, then = self.reader[places], self.read_at[places]
        warp = me // self.warp
        same_warp = self.warp_of(before) == warp
        ordered = (then >> _EPOCH != stamp >> _EPOCH) | (same_warp & (then != stamp))
        alone = (before == _NOBODY) | (before == me) | ordered
        noted = np.where(alone, me, np.where(same_warp, -3 - warp, _MANY))
        self.reader[places] = noted
        self.read_at[places] = stamp
        last = self.reader[places]
        lost = last != noted  # several threads of this instruction read the same place
        if lost.any():
            shared, same_warp = places[lost], self.warp_of(last[lost]) == warp[lost]
            self.reader[shared] = np.where(same_warp, -3 - warp[lost], _MANY)
            self.reader[shared[~same_warp]] = _MANY
        return bad

    def warp_of(self, who: np.ndarray) -> np.ndarray:
        return np.where(who >= 0, who // self.warp, -3 - who)

    def writes(
        self, places: np.ndarray, me: np.ndarray, stamp: np.ndarray, changes: np.ndarray
    ) -> np.ndarray:
        """Note writes, a place a thread; returns which of those that change something race."""
        writer, reader = self.writer[places], self.reader[places]
        bad = self.unordered(writer, self.written_at[places], me, stamp)
        bad |= self.unordered(reader, self.read_at[places], me, stamp)
        self.writer[places] = me
        self.written_at[places] = stamp
        return bad & changes

    def delay(self, places: np.ndarray, epoch: int) -> None:
        """The writes to these places happen, or still happen, when `epoch` begins."""
        self.written_at[places] = epoch << _EPOCH

    def is_late(self, places: np.ndarray) -> np.ndarray:
        """Whether a place's write was delayed: no write has such a stamp by itself."""
        return (self.writer[places] != _NOBODY) & (self.written_at[places] & (1 << _EPOCH) - 1 == 0)

    def unordered(
        self, other: np.ndarray, then: np.ndarray, me: np.ndarray, now: np.ndarray
    ) -> np.ndarray:
        """Whether the accesses by `other` at `then` may happen at the same time as those now."""
        warp = self.warp_of(other)
        same_warp = warp == me // self.warp
        per_group = self.workgroup // self.warp
        same_group = (warp // per_group == me // self.workgroup) | (other == _MANY)
        at_once = np.where(same_warp, then == now, then >> _EPOCH == now >> _EPOCH)
        return (other != _NOBODY) & (other != me) & (~same_group | at_once)


def next_epoch(stamps: np.ndarray) -> np.ndarray:
    """After a barrier of the workgroup."""
    return ((stamps >> _EPOCH) + 1) << _EPOCH
