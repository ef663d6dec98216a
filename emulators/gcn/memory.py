"""The memories that waves reach, with what is checked at each access."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from clawc.emulators.checks import RaceShadow
from clawc.emulators.gcn.decoder import Instruction
from clawc.emulators.gcn.races import note
from clawc.emulators.gcn.waves import Waves
from clawc.emulators.memory import ALIGNMENT, end_of_granule

T = TypeVar("T")
_TYPES = {1: np.uint8, 2: np.uint16, 4: np.uint32}
_WRITTEN = {1: 1, 2: 0x0101, 4: 0x01010101}


@dataclass(eq=False)
class Space:
    """A memory as an array of bytes; `limits` gives the first byte that is out of bounds."""

    name: str
    data: np.ndarray
    initialised: np.ndarray | None  # 1 for bytes that somebody wrote; None: all are
    limits: Callable[[np.ndarray], np.ndarray | int]
    base: int = 0  # its first address
    shadow: RaceShadow | None = None
    granule: int = 4  # bytes: the places between which races are told apart
    counted: bool = False
    atomics: RaceShadow | None = None  # who changed which place atomically, once somebody does
    granules: bool = False  # loads may go on to the end of the last granule of a buffer
    own: bool = False  # a lane's own: what nobody wrote may be loaded, as a register may be moved
    late: str = ""  # the counter of stores, where they must be waited for before a barrier
    arriving: np.ndarray | None = None  # 1 for bytes that a load under way will fill


def buffer_limits(limits: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Bounds by buffer, from `GlobalMemory.limits`."""

    def find(offsets: np.ndarray) -> np.ndarray:
        granules = offsets // ALIGNMENT
        known = (granules >= 0) & (granules < len(limits))
        return np.where(known, limits[np.where(known, granules, 0)], 0)

    return find


@dataclass(eq=False)
class Access:
    """Some lanes' access; `lanes` are places in the flat array of all lanes of the waves."""

    instruction: Instruction
    space: Space
    lanes: np.ndarray
    offsets: np.ndarray  # int64, into the space's bytes
    size: int
    writes: bool
    atomic: bool = False  # with respect to other atomic accesses of that place


def sound(w: Waves, access: Access, alignment: int) -> Access:
    """The access of those lanes that may go on; the others are reported."""
    batch, space = w.batch, access.space
    if batch.options.count and space.counted:
        batch.note_access(w, access)
    end, limit = access.offsets + access.size, space.limits(access.offsets)
    if space.granules and not access.writes:
        limit = np.where(access.offsets < limit, end_of_granule(np.asarray(limit)), limit)
    bad = (end > limit) | (access.offsets < 0)
    verb = ("changes" if access.atomic else "writes") if access.writes else "reads"
    what = f"{verb} {access.size} bytes"
    if bad.any():
        first = int(access.offsets[bad][0])
        where = batch.described(space, first)
        batch.report(
            "out-of-bounds", access.instruction, f"{what} at {where}", w, access.lanes[bad]
        )
        access = _without(access, bad)
    if not batch.options.check:
        return access
    if alignment > 1:
        bad = access.offsets & (alignment - 1) != 0
        if bad.any():
            where = batch.described(space, int(access.offsets[bad][0]))
            message = f"{what} at {where}, not aligned to {alignment}"
            batch.report("misaligned", access.instruction, message, w, access.lanes[bad])
            access = _without(access, bad)
    return access


def _without(access: Access, bad: np.ndarray) -> Access:
    return replace(access, lanes=access.lanes[~bad], offsets=access.offsets[~bad])


def load(w: Waves, access: Access) -> list[np.ndarray]:
    """What the lanes read: one array for bytes and halves, else one for each word."""
    space, check = access.space, w.batch.options.check
    if check and len(access.lanes):
        _check_arrived(w, access)
        if space.initialised is not None and not space.own:
            _check_initialised(w, access)
        if space.shadow is not None:
            note(w, access)
    return _gather(space.data, access.offsets, access.size)


def store(w: Waves, access: Access, values: list[np.ndarray]) -> None:
    """Write values, an array for each word (or one of bytes or halves)."""
    space = access.space
    unit = min(access.size, 4)
    watched = w.batch.options.check and space.shadow is not None
    old = _gather(space.data, access.offsets, access.size) if watched else []
    _scatter(space.data, access.offsets, unit, values)
    if watched and len(access.lanes):
        new = _gather(space.data, access.offsets, access.size)
        changes = np.zeros(len(access.lanes), bool)
        clash = np.zeros(len(access.lanes), bool)
        for before, after, value in zip(old, new, values, strict=True):
            changes |= before != value
            clash |= after != value
        note(w, access, changes, clash)
        if space.late:
            parts = np.arange(0, access.size, space.granule)
            w.written_later(
                space.late, ((access.offsets[:, None] + parts) // space.granule).ravel()
            )
    _mark_initialised(access)


def atomically(w: Waves, access: Access, change: Callable[[np.ndarray], T]) -> T:
    """What `change` makes of the memory, seen as elements of the access's size (4 or 8)."""
    space = access.space
    if w.batch.options.check and len(access.lanes):
        _check_arrived(w, access)
        if space.initialised is not None and not space.own:
            _check_initialised(w, access)
        if space.shadow is not None:
            note(w, access, np.ones(len(access.lanes), bool))
    result = change(space.data.view({4: np.uint32, 8: np.uint64}[access.size]))
    _mark_initialised(access)
    return result


def _mark_initialised(access: Access) -> None:
    if access.space.initialised is not None:
        unit = min(access.size, 4)
        ones = np.full(len(access.lanes), _WRITTEN[unit], _TYPES[unit])
        count = access.size // unit
        _scatter(access.space.initialised, access.offsets, unit, [ones] * count)


def _aligned(offsets: np.ndarray, unit: int) -> bool:
    return unit == 1 or not (offsets & (unit - 1)).any()


def _gather(data: np.ndarray, offsets: np.ndarray, size: int) -> list[np.ndarray]:
    unit = min(size, 4)
    if _aligned(offsets, unit):
        units, first = data.view(_TYPES[unit]), offsets // unit
        return [units[first + i] for i in range(size // unit)]
    places = offsets[:, None] + np.arange(size)
    return list(data[places].view(_TYPES[unit]).T)


def _scatter(data: np.ndarray, offsets: np.ndarray, unit: int, values: list[np.ndarray]) -> None:
    if _aligned(offsets, unit):
        units, first = data.view(_TYPES[unit]), offsets // unit
        for i, value in enumerate(values):
            units[first + i] = value
        return
    for i, value in enumerate(values):
        places = offsets[:, None] + (unit * i + np.arange(unit))
        data[places] = np.ascontiguousarray(value, _TYPES[unit]).view(np.uint8).reshape(-1, unit)


def _check_arrived(w: Waves, access: Access) -> None:
    arriving = access.space.arriving
    if arriving is None:
        return
    early = np.zeros(len(access.lanes), bool)
    for part in _gather(arriving, access.offsets, access.size):
        early |= part != 0
    if early.any():
        where = w.batch.described(access.space, int(access.offsets[early][0]))
        message = f"touches {where}, before the wait for the load that fills it"
        w.batch.report("unfinished", access.instruction, message, w, access.lanes[early])


def unwritten(access: Access) -> np.ndarray:
    """Whether nobody wrote some of the bytes, for each lane."""
    missing = np.zeros(len(access.lanes), bool)
    if access.space.initialised is not None:
        for part in _gather(access.space.initialised, access.offsets, access.size):
            missing |= part != _WRITTEN[min(access.size, 4)]
    return missing


def _check_initialised(w: Waves, access: Access) -> None:
    missing = unwritten(access)
    if missing.any():
        where = w.batch.described(access.space, int(access.offsets[missing][0]))
        message = f"reads {where}, before anything is written there"
        w.batch.report("uninitialised", access.instruction, message, w, access.lanes[missing])
