"""What is looked at where a copy in bulk starts: bounds, initialisation, races, and its counts."""

from __future__ import annotations

import numpy as np

from clawc.chips.transactions import SECTOR
from clawc.emulators.memory import BASE
from clawc.emulators.ptx.access import PENDING, described, end_of_object
from clawc.emulators.ptx.box import PIECE, Box
from clawc.emulators.ptx.clocks import ClockShadow
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Threads
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.watched_access import Access, note_reads, note_writes, unordered_writes

_BANKS_BYTES = 128  # that shared memory takes or gives at once


def may_load(t: Threads, instruction: Instruction, box: Box) -> bool:
    """Whether a copy into shared memory is sound enough to go on."""
    count(t, box, loads=True)
    if not t.watch.check:
        return True
    if not in_bounds(t, instruction, box):
        return False
    read_global(t, instruction, box)
    write_shared(t, instruction, box)
    return True


def may_store(t: Threads, instruction: Instruction, box: Box) -> bool:
    """Whether a copy or a reduction out of it is."""
    count(t, box, loads=False)
    if not t.watch.check:
        return True
    if not in_bounds(t, instruction, box):
        return False
    read_shared(t, instruction, box)
    return True


def in_bounds(t: Threads, instruction: Instruction, box: Box) -> bool:
    return all([shared_in_bounds(t, instruction, box), global_in_bounds(t, instruction, box)])


def write_global(t: Threads, instruction: Instruction, box: Box) -> Array:
    """Note that a copy will write; the granules, by number, that others use with nothing between.
    It is a race if it changes them, which is known when it lands."""
    if not t.watch.check:
        return np.zeros(0, np.int64)
    t.initialised["global"][box.places] = PENDING
    access = whole_granules(t, box)
    bad = unordered_writes(t, instruction, access, np.ones(len(access.lanes), np.bool_))
    return access.offset[bad] // access.size


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
    note_reads(t, instruction, whole_granules(t, box))


def read_shared(t: Threads, instruction: Instruction, box: Box) -> None:
    places = bytes_of(box.pieces).reshape(len(box.pieces), -1)[box.bytes_inside]
    state = t.initialised["shared"][places]
    if (state != 1).any():
        first = int(places[state != 1][0]) - box.base
        pending = (state == PENDING).any()
        what = "before the copy is waited for" if pending else "before anything is written"
        message = f"copies {described(t, 'shared', first)} {what}"
        report(t, "uninitialised", instruction, message, box)
    access, shadow = shared_granules(t, box), t.shadows["shared"]
    if isinstance(shadow, ClockShadow) and t.clocks is not None:
        if shadow.unfenced(access.offset // access.size, t.clocks, box.lane).any():
            what = "copies what other instructions wrote, with no fence.proxy.async between"
            report(t, "race", instruction, what, box)
    note_reads(t, instruction, access)


def write_shared(t: Threads, instruction: Instruction, box: Box) -> None:
    access = shared_granules(t, box)
    every = np.ones(len(access.lanes), np.bool_)
    note_writes(t, instruction, access, every, ~every)
    shadow = t.shadows["shared"]
    if isinstance(shadow, ClockShadow):
        shadow.by_copy[access.offset // access.size] = True
    t.initialised["shared"][bytes_of(box.pieces)] = PENDING


def shared_granules(t: Threads, box: Box) -> Access:
    granule = t.watch.granules["shared"]
    places = (box.pieces[..., None] + np.arange(0, PIECE, granule)).reshape(-1)
    return Access("shared", np.full(len(places), box.lane), places, granule)


def whole_granules(t: Threads, box: Box) -> Access:
    """Of the rows in global memory; those that a row shares with what is beside it are left out."""
    granule = t.watch.granules["global"]
    ends = box.starts[:, None] + box.width
    places = box.places
    places = places[(places % granule == 0) & (places + granule <= ends)]
    return Access("global", np.full(len(places), box.lane), places, granule)


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
