"""Run the waves of a batch: blocks one after the other, branches that part them, barriers."""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.batch import Batch
from clawc.emulators.gcn.blocks import BARRIERS, CONDITIONS, STEPS_AT_THE_END, Block
from clawc.emulators.gcn.calls import JUMPS
from clawc.emulators.gcn.checks import check
from clawc.emulators.gcn.modes import SETTERS
from clawc.emulators.gcn.races import happen_late, stores_under_way
from clawc.emulators.gcn.step import Step
from clawc.emulators.gcn.waves import Waves
from clawc.emulators.interface import EmulationError

_BREAKPOINT = 3  # of `s_trap`; without a debugger the wave goes on
MOST_BLOCKS = 1 << 21  # of one batch; a minute and more


class Scheduler:
    """Groups of waves that stand at the same place are run together.

    A group parts where its waves branch to different sides; the one at the lowest address goes
    first, and groups that meet become one again.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.blocks = batch.run.program.blocks
        self.ready: list[Waves] = self._slots(batch.first_waves())
        self.waiting: list[Waves] = []  # at a barrier
        self.ended = np.zeros(batch.groups, np.int64)  # waves of each workgroup that are done
        self.gave_up = np.zeros(batch.groups, bool)  # in a trap
        self.left = MOST_BLOCKS

    def run(self) -> None:
        while self.ready or self.waiting:
            if not self.ready:
                self._release()
            w = min(self.ready, key=lambda group: (group.slot, group.at))
            self.ready.remove(w)
            self._advance(self._met(w))

    def _slots(self, w: Waves) -> list[Waves]:
        """The groups to begin with: one, or one for each wave of a workgroup in some order."""
        order = self.batch.options.order
        if order == "lockstep":
            w.slot = 0
            return [w]
        groups = []
        for number in range(self.batch.run.waves_per_group):
            part = w.part(w.number == number)
            part.slot = number if order == "warp" else -number
            groups.append(part)
        return groups

    def _met(self, w: Waves) -> Waves:
        """`w` with all groups that stand where it stands."""
        for other in list(self.ready):
            if _place(other) == _place(w):
                self.ready.remove(other)
                w = w.joined(other)
        return w

    def _advance(self, w: Waves) -> None:
        """Run a group until it parts, ends, waits, or comes to where another one stands."""
        limit = min((g.at for g in self.ready if g.slot == w.slot), default=1 << 62)
        checked = self.batch.options.check
        hazards = self.batch.run.program.hazards
        while True:
            block = self.blocks[w.at]
            self.left -= 1
            if not self.left:
                raise EmulationError(
                    f"kernel '{self.batch.run.program.kernel.name}' has not ended after "
                    f"{MOST_BLOCKS} blocks of instructions: a loop without end?"
                )
            steps = block.steps(w.mode)
            self._count(w, block, steps)
            if checked:
                if hazards is not None:
                    hazards.enter(w, block.start, steps, block.issued, block.length)
                for step in steps:
                    check(w, step)
                    step.run(w)
            else:
                for step in steps:
                    step.run(w)
            if not self._leave(w, block):
                return
            if w.at >= limit:
                self.ready.append(w)
                return

    def _leave(self, w: Waves, block: Block) -> bool:
        """Go to the next block; False if the group does not go on as it is."""
        last = block.last
        if last is None:
            w.at = block.end
        elif last.mnemonic == "s_branch":
            w.at = block.target
        elif last.mnemonic in CONDITIONS:
            taken = CONDITIONS[last.mnemonic](w)
            return self._go(w, "at", np.where(taken, block.target, block.end))
        elif last.mnemonic in JUMPS:
            assert w.targets is not None
            for at in set(w.targets.tolist()):
                if not self.batch.run.program.is_code(at):
                    raise EmulationError(
                        f"'{last}' at {last.address:#x} leads to {at:#x}, where no code is"
                    )
            return self._go(w, "at", w.targets)
        elif last.mnemonic in SETTERS:
            assert w.modes is not None
            w.at = block.end
            return self._go(w, "mode", w.modes)
        elif last.mnemonic in BARRIERS:
            self._arrive(w, block)
            return False
        elif last.mnemonic == "s_trap" and not last.traps:
            if last["immediate"] != _BREAKPOINT:
                raise EmulationError(f"'s_trap {last['immediate']}' is not emulated")
            w.at = block.end
        else:
            if last.traps:
                lanes = np.flatnonzero(w.exec)
                self.batch.report("trap", last, "is where the kernel gives up", w, lanes)
                self.gave_up[w.group] = True
            np.add.at(self.ended, w.group, 1)
            return False
        return True

    def _go(self, w: Waves, what: str, values: np.ndarray) -> bool:
        """Each wave to its place or mode; False if there are several, and the group parts."""
        different = np.unique(values)
        if len(different) == 1:
            setattr(w, what, int(different[0]))
            return True
        for value in different:
            part = w.part(values == value)
            setattr(part, what, int(value))
            self.ready.append(part)
        return False

    def _arrive(self, w: Waves, block: Block) -> None:
        last = block.last
        assert last is not None
        if last.mnemonic == "s_barrier_wait":
            if not w.signalled:
                name = self.batch.run.program.kernel.name
                raise EmulationError(
                    f"kernel '{name}' waits at a barrier that it has not signalled: a deadlock"
                )
        elif self.batch.options.check:
            if w.has_under_way("local store"):
                self.batch.report_early(w, last)
            w.late = stores_under_way(w)
        w.at = block.end
        self.waiting.append(w)

    def _release(self) -> None:
        """All waves that have not ended are at a barrier: they go on."""
        arrived = np.zeros(self.batch.groups, np.int64)
        for w in self.waiting:
            np.add.at(arrived, w.group, 1)
        partly = (self.ended > 0) & (arrived > 0) & ~self.gave_up
        for w in self.waiting:
            others = [o for o in self.waiting if o.at != w.at and np.isin(w.group, o.group).any()]
            alone = partly[w.group]
            if others or alone.any():
                self._divergent(w, "at another" if others else "at the end")
            w.epoch += 1
            w.signalled = False
            happen_late(w)
            w.slot = w.slot if self.batch.options.order != "lockstep" else 0
        self.ready, self.waiting = self.waiting, []

    def _divergent(self, w: Waves, where: str) -> None:
        last = next(b.last for b in self.blocks.values() if b.end == w.at and b.last is not None)
        message = f"is a barrier at which not all waves of the workgroup are; others are {where}"
        self.batch.report("divergence", last, message, w, np.arange(w.count) * w.lanes)

    def _count(self, w: Waves, block: Block, steps: list[Step]) -> None:
        counts = self.batch.run.counts
        for step in steps:
            counts.warp_instructions[step.kind] += w.count
            counts.thread_instructions[step.kind] += w.active
        if block.last is not None and block.last.mnemonic not in STEPS_AT_THE_END:
            counts.warp_instructions["control"] += w.count
            counts.thread_instructions["control"] += w.active


def _place(w: Waves) -> tuple[int, int, int, bool, int]:
    """Groups that agree in this may go on as one."""
    return w.slot, w.at, w.epoch, w.signalled, w.mode
