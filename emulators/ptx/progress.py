"""Where threads are in their program, and where they wait: what a scheduler and barriers share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.barrier_form import BarrierForm
from clawc.emulators.ptx.flow import Block
from clawc.emulators.ptx.syntax import Instruction, Register
from clawc.emulators.ptx.threads import Reader, Step, Threads
from clawc.emulators.ptx.wait_form import WaitForm


@dataclass(eq=False)
class ReadyBlock:
    """A block with what its instructions do."""

    block: Block
    steps: list[tuple[Instruction, Step]]
    members: Reader | None  # of a collective at its head: the lanes of the warp that take part
    selector: Reader | None  # of `brx`: which target
    barrier: BarrierForm | None
    wait: WaitForm | None
    unsure: list[Register]  # that the block's end reads, and that may be unset
    runs: int = 0
    warps: int = 0  # that executed it, added up
    lanes: int = 0


class Progress:
    """How far each lane is; every array is changed in place by those who share it."""

    def __init__(self, threads: Threads, blocks: list[ReadyBlock]) -> None:
        self.t, self.blocks = threads, blocks
        self.position = np.zeros(threads.count, np.int64)  # the block that comes next
        self.done = ~threads.exists
        self.waiting = np.zeros(threads.count, np.bool_)  # at a barrier
        self.barrier = np.zeros(threads.count, np.int64)  # its number
        self.arrived_at = np.zeros(threads.count, np.int64)  # the block that ends in it
