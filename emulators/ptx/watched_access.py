"""An access by some lanes, and what is watched of it: races with others, bytes, transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clawc.chips.transactions import bank_passes, fewest_sectors, sectors
from clawc.emulators.ptx.layout import WARP
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Threads
from clawc.emulators.ptx.values import Array


@dataclass
class Access:
    """One access by some lanes: their places in the array of bytes of a memory."""

    space: str
    lanes: Array
    offset: Array
    size: int


def note_reads(t: Threads, instruction: Instruction, access: Access) -> None:
    shadow, granule = t.shadows[access.space], t.watch.granules[access.space]
    me = who(t, actors(instruction, access.lanes))
    bad = np.zeros(len(access.lanes), np.bool_)
    for start in range(0, access.size, granule):
        bad |= shadow.reads((access.offset + start) // granule, *me)
    if bad.any():
        what = f"reads {access.space} memory that another thread writes, with nothing between"
        t.report("race", instruction, what, access.lanes[bad])


def note_writes(
    t: Threads, instruction: Instruction, access: Access, changes: Array, clash: Array
) -> None:
    """`changes`: the access puts another value there; `clash`: lanes of it disagree."""
    bad = clash | unordered_writes(t, instruction, access, changes)
    if bad.any():
        report_writes(t, instruction, access.space, access.lanes[bad])


def unordered_writes(t: Threads, instruction: Instruction, access: Access, changes: Array) -> Array:
    """Notes writes; which lanes' race, of those that change something."""
    shadow, granule = t.shadows[access.space], t.watch.granules[access.space]
    me = who(t, actors(instruction, access.lanes))
    bad = np.zeros(len(access.lanes), np.bool_)
    for start in range(0, access.size, granule):
        bad |= shadow.writes((access.offset + start) // granule, *me, changes)
    return bad


def report_writes(t: Threads, instruction: Instruction, space: str, lanes: Array) -> None:
    what = f"writes {space} memory that another thread uses, with nothing between"
    t.report("race", instruction, what, lanes)


def count_access(t: Threads, access: Access, writes: bool) -> None:
    """Bytes and transactions of an access."""
    if access.space not in ("global", "shared") or not len(access.lanes):
        return
    what = f"{access.space} {'write' if writes else 'read'}"
    counts = t.watch.counts
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
