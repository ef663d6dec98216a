"""What is looked at where a copy in bulk starts: bounds, initialisation, races, and its counts."""

from __future__ import annotations

import numpy as np

from clawc.runtime.emulation.emulated_counts import SECTOR
from clawc.runtime.emulation.emulated_memory import BASE
from clawc.runtime.emulation.ptx_access import PENDING, Access, described, end_of_object
from clawc.runtime.emulation.ptx_box import PIECE, Box
from clawc.runtime.emulation.ptx_clocks import ClockShadow
from clawc.runtime.emulation.ptx_syntax import Instruction
from clawc.runtime.emulation.ptx_threads import Threads
from clawc.runtime.emulation.ptx_values import Array

_BANKS_BYTES = 128  # that shared memory takes or gives at once


def may_start(t: Threads, instruction: Instruction, box: Box, loads: bool, keeps: bool) -> bool:
    """Whether a copy is sound enough to go on.  `keeps`: it adds to what its target holds, as an
    atomic does, which no other access races with."""
    count(t, box, loads)
    if not t.watch.check:
        return True
    if not (shared_in_bounds(t, instruction, box) and global_in_bounds(t, instruction, box)):
        return False
    if loads:
        read_global(t, instruction, box)
        note_shared(t, instruction, box, writes=True)
        t.initialised["shared"][bytes_of(box.pieces)] = PENDING
    else:
        read_shared(t, instruction, box)
        if not keeps:
            note_global(t, instruction, box, writes=True)
            t.initialised["global"][box.places] = PENDING
    return True


def report(t: Threads, kind: str, instruction: Instruction, message: str, box: Box) -> None:
    t.report(kind, instruction, message, np.array([box.lane]))


def bytes_of(pieces: Array) -> Array:
    return pieces[..., None] + np.arange(PIECE)


def shared_in_bounds(t: Threads, instruction: Instruction, box: Box) -> bool:
    inner = box.pieces - box.base
    outside = (inner < 0) | (inner + PIECE > t.layout.shared_size)
    if outside.any():
        where = described(t, "shared", int(inner[outside][0]))
        report(t, "out-of-bounds", instruction, f"copies {PIECE} bytes at {where}", box)
    return not outside.any()


def global_in_bounds(t: Threads, instruction: Instruction, box: Box) -> bool:
    beyond = box.starts + BASE + box.width > end_of_object(t, "global", box.starts)
    if beyond.any():
        where = described(t, "global", int(box.starts[beyond][0]) + BASE)
        report(t, "out-of-bounds", instruction, f"copies {box.width} bytes at {where}", box)
    return not beyond.any()


def read_global(t: Threads, instruction: Instruction, box: Box) -> None:
    missing = t.initialised["global"][box.places] != 1
    if missing.any():
        where = described(t, "global", int(box.places[missing][0]) + BASE)
        what = f"copies {where} before anything is written"
        report(t, "uninitialised", instruction, what, box)
    note_global(t, instruction, box, writes=False)


def read_shared(t: Threads, instruction: Instruction, box: Box) -> None:
    places = bytes_of(box.pieces).reshape(len(box.pieces), -1)[box.read_from_shared]
    state = t.initialised["shared"][places]
    if (state != 1).any():
        first = int(places[state != 1][0]) - box.base
        pending = (state == PENDING).any()
        what = "before the copy is waited for" if pending else "before anything is written"
        message = f"copies {described(t, 'shared', first)} {what}"
        report(t, "uninitialised", instruction, message, box)
    note_shared(t, instruction, box, writes=False)


def note_shared(t: Threads, instruction: Instruction, box: Box, writes: bool) -> None:
    granule = t.watch.granules["shared"]
    places = (box.pieces[..., None] + np.arange(0, PIECE, granule)).reshape(-1)
    shadow = t.shadows["shared"]
    if not writes and isinstance(shadow, ClockShadow) and t.clocks is not None:
        if shadow.unfenced(places // granule, t.clocks, box.lane).any():
            what = "copies what other instructions wrote, with no fence.proxy.async between"
            report(t, "race", instruction, what, box)
    note(t, instruction, box, "shared", places, writes)
    if writes and isinstance(shadow, ClockShadow):
        shadow.by_copy[places // granule] = True


def note_global(t: Threads, instruction: Instruction, box: Box, writes: bool) -> None:
    """Granules that a row shares with what is beside it are left out."""
    granule = t.watch.granules["global"]
    places = box.places
    ends = box.starts[:, None] + box.width
    whole = (places % granule == 0) & (places + granule <= ends)
    note(t, instruction, box, "global", places[whole], writes)


def note(
    t: Threads, instruction: Instruction, box: Box, space: str, places: Array, writes: bool
) -> None:
    """Granules of a memory that the lane touches, by their offsets, for races."""
    access = Access(space, np.full(len(places), box.lane), places, t.watch.granules[space])
    if not writes:
        t.watch.reads(t, instruction, access)
        return
    every, none = np.ones(len(places), np.bool_), np.zeros(len(places), np.bool_)
    t.watch.writes(t, instruction, access, every, none)


def count(t: Threads, box: Box, loads: bool) -> None:
    """Bytes and transactions: sectors row by row, and shared memory at its full width."""
    if not t.watch.count:
        return
    counts = t.watch.counts
    far, near = ("global read", "shared write") if loads else ("global write", "shared read")
    counts.memory_bytes[far] += len(box.starts) * box.width
    counts.memory_bytes[near] += box.bytes
    ends = box.starts + box.width - 1
    counts.transactions[far] += int((ends // SECTOR - box.starts // SECTOR + 1).sum())
    counts.ideal_transactions[far] += len(box.starts) * -(-box.width // SECTOR)
    passes = -(-box.bytes // _BANKS_BYTES)
    counts.transactions[near] += passes
    counts.ideal_transactions[near] += passes
