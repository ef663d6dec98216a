"""Copies in bulk out of shared memory: they are committed in groups, and waited for by group.

A wait for reading (`wait_group.read`) says that shared memory has been read and may be written
again; a full one, that what was written can be seen (PTX ISA, "cp.async.bulk.wait_group").
"""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.atomics import update_of
from clawc.emulators.ptx.box import Box
from clawc.emulators.ptx.box_checks import write_global
from clawc.emulators.ptx.bulk_form import REDUCED, BulkForm
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.threads import Lanes, Threads
from clawc.emulators.ptx.values import BITS, UNSIGNED, Array
from clawc.emulators.ptx.watched_access import report_writes

_LOGIC = ("and", "or", "xor")


class Store:
    """A copy, or a reduction, that has not written."""

    def __init__(self, form: BulkForm, box: Box, t: Threads) -> None:
        self.form, self.box = form, box
        self.instruction = form.instruction
        self.values = box.from_shared(t)  # what was there at the start; later, what was read
        self.group = int(t.bulk_groups[box.lane])  # how many groups the thread had committed before
        self.is_read = False
        # A reduction is no race with others, as an atomic is not.
        self.suspects = (
            write_global(t, form.instruction, box) if not form.reduction else np.zeros(0, np.int64)
        )

    def read(self, t: Threads) -> None:
        if self.is_read:
            return
        found = self.box.from_shared(t)
        if t.watch.check and not np.array_equal(
            self.box.rows_inside(found), self.box.rows_inside(self.values)
        ):
            message = "copies shared memory that is changed before the copy is waited for"
            self.report(t, "race", message)
        self.values, self.is_read = found, True

    def write(self, t: Threads) -> None:
        self.read(t)
        values, places = self.box.rows_inside(self.values), self.box.places
        if self.form.reduction:
            self.reduce(t, values)
        else:
            if len(self.suspects):
                changed = places[t.bytes["global"][places] != values]
                if np.isin(changed // t.watch.granules["global"], self.suspects).any():
                    lanes = np.array([self.box.lane])
                    report_writes(t, self.instruction, "global", lanes)
            t.bytes["global"][places] = values
        if "global" in t.initialised:
            t.initialised["global"][places] = 1

    def reduce(self, t: Threads, values: Array) -> None:
        type_ = self.reduced_type()
        update = update_of(Opcode(self.instruction.opcode), self.form.reduction, type_)
        bits = UNSIGNED[BITS[type_]]
        data = t.bytes["global"].view(bits)
        places = self.box.places[:, :: bits().itemsize] // bits().itemsize
        data[places] = update(data[places], values.view(bits))

    def reduced_type(self) -> str:
        """A type of the operation: for bitwise ones the map's says how many bits."""
        type_ = self.form.type_ or self.box.type_
        if self.form.reduction in _LOGIC and type_[0] in "us":
            type_ = f"b{BITS[type_]}"
        if type_ not in REDUCED[self.form.reduction]:
            raise Opcode(self.instruction.opcode).unknown()
        return type_

    def report(self, t: Threads, kind: str, message: str) -> None:
        t.report(kind, self.instruction, message, np.array([self.box.lane]))


def commit(t: Threads, at: Lanes) -> None:
    t.bulk_groups[t.taking_part(at)] += 1


def wait(t: Threads, lanes: Array, allowed: int, read_only: bool) -> None:
    """For all but the last `allowed` groups of these lanes."""
    waiting = np.zeros(t.count, np.bool_)
    waiting[lanes] = True
    kept = []
    for store in t.bulk_stores:
        lane = store.box.lane
        if not waiting[lane] or store.group >= t.bulk_groups[lane] - allowed:
            kept.append(store)
        elif read_only:
            store.read(t)
            kept.append(store)
        else:
            store.write(t)
    t.bulk_stores = kept


def finish(t: Threads) -> None:
    """All threads have ended: what nobody waited for is written now."""
    for store in t.bulk_stores:
        if not store.is_read and t.watch.check:
            store.report(t, "unfinished", "is not waited for before the kernel ends")
        store.write(t)
    t.bulk_stores = []
    for load in t.underway:
        what = "is not waited for before the kernel ends"
        if t.watch.check:
            t.report("unfinished", load.instruction, what, load.lanes)
