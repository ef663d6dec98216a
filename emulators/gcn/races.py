"""Races between waves, and between lanes of one instruction; stores that nobody waited for."""

from __future__ import annotations

from typing import Any

import numpy as np

from clawc.emulators.checks import RaceShadow
from clawc.emulators.gcn.waves import Waves


def note(
    w: Waves, access: Any, changes: np.ndarray | None = None, clash: np.ndarray | None = None
) -> None:
    """Look for races of an `Access`, in the order of a wave's instructions.

    `changes` says which lanes change something, None that it is a read; `clash`, which lanes write
    something else than another lane of the instruction to the same place.  Atomic accesses race
    with those that are not, and not with each other.
    """
    space, shadow = access.space, access.space.shadow
    me = w.batch.thread_numbers(w, access.lanes)
    stamp = np.array([w.batch.next_stamp(w.epoch)])
    bad = np.zeros(len(me), bool) if clash is None else clash
    late = False
    for start in range(0, access.size, space.granule):
        places = (access.offsets + start) // space.granule
        if access.atomic:
            bad |= _atomically(space, places, me, stamp, access.writes)
            continue
        late |= space.late != "" and bool(shadow.is_late(places).any())
        if changes is None:
            bad |= shadow.reads(places, me, stamp)
        else:
            bad |= shadow.writes(places, me, stamp, changes)
        if space.atomics is not None:
            other, then = space.atomics.reader[places], space.atomics.read_at[places]
            raced = space.atomics.unordered(other, then, me, stamp)
            bad |= raced if changes is None else raced & changes
    if bad.any():
        verb = "reads" if changes is None else "changes" if access.atomic else "writes"
        other = "writes" if changes is None else "uses"
        between = "no wait for that before the barrier" if late else "nothing between"
        message = f"{verb} {space.name} memory that another thread {other}, with {between}"
        w.batch.report("race", access.instruction, message, w, access.lanes[bad])


def stores_under_way(w: Waves) -> tuple[np.ndarray, ...]:
    """The places of stores that a wave has not waited for as it comes to a barrier."""
    return tuple(places for one in w.under_way() for places in one.written)


def happen_late(w: Waves) -> None:
    """What `stores_under_way` found happens after the barrier as well as before it."""
    shadow = w.batch.run.spaces[0].shadow
    waves = w.batch.thread_numbers(w, np.arange(w.count) * w.lanes) // w.lanes
    for places in w.late:
        shadow.delay(places[np.isin(shadow.writer[places] // w.lanes, waves)], w.epoch)
    w.late = ()


def _atomically(
    space: Any, places: np.ndarray, me: np.ndarray, stamp: np.ndarray, writes: bool
) -> np.ndarray:
    shadow = space.shadow
    bad = shadow.unordered(shadow.writer[places], shadow.written_at[places], me, stamp)
    if writes:
        bad |= shadow.unordered(shadow.reader[places], shadow.read_at[places], me, stamp)
        if space.atomics is None:
            space.atomics = RaceShadow(len(shadow.writer), shadow.workgroup, shadow.warp)
        space.atomics.reads(places, me, stamp)
    return bad
