"""Copies in bulk into shared memory, of which an mbarrier is told (PTX ISA, "cp.async.bulk")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.box import Box
from clawc.emulators.ptx.box_checks import bytes_of, may_load
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Threads
from clawc.emulators.ptx.values import Array


@dataclass(eq=False)
class Load:
    """A copy into shared memory that has not landed."""

    instruction: Instruction
    box: Box
    values: Array
    offset: int  # of the mbarrier
    known: Array | None  # by the clocks: what its thread knew, itself included

    @property
    def lanes(self) -> Array:
        return np.array([self.box.lane])

    def land(self, t: Threads) -> None:
        self.box.to_shared(t, self.values)
        if "shared" in t.initialised:
            t.initialised["shared"][bytes_of(self.box.pieces)] = 1
        barrier = t.mbarriers.find(self.instruction, self.lanes, self.offset)
        if barrier is None:
            return
        if t.clocks is not None and self.known is not None:
            t.clocks.publish(self.known, barrier.gathered)
        t.mbarriers.expect(self.instruction, self.lanes, barrier, -self.box.bytes)


def start(t: Threads, instruction: Instruction, box: Box, offset: int, follows: bool) -> None:
    """A copy into shared memory; `offset` is that of its mbarrier, which must be in the workgroup
    that the copy is for, or, if it `follows`, is at the same place there."""
    stride = t.layout.shared_stride
    if follows:
        offset = box.base + offset % stride
    elif offset // stride * stride != box.base:
        what = "tells an mbarrier of another workgroup than it copies to"
        t.report("mbarrier", instruction, what, np.array([box.lane]))
    if may_load(t, instruction, box):
        known = t.clocks.moment(box.lane) if t.clocks is not None else None
        t.underway.append(Load(instruction, box, box.from_global(t), offset, known))
