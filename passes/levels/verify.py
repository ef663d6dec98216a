"""Watch a pipeline: after each step, hold the module against the specification of its level."""

from __future__ import annotations

from mlir import ir

from clawc.passes.framework.pipeline import Observer, Step
from clawc.passes.levels.check_level import check_level
from clawc.passes.levels.table import CLAW, KERNELS, LEVELS, LLVM, SOURCE


class VerifyLevels(Observer):
    """Raises PassFailure at what may not stand there: while steps lead from one level to the next,
    what either allows; when they are done, what the next one does.

    One observer may watch several chips in turn: each starts from what all share.
    """

    def __init__(self) -> None:
        self.last = SOURCE  # the one that was reached
        self.next = CLAW

    def after(self, step: Step, module: ir.Module, seconds: float) -> None:
        check_level(module, self.next.after(self.last), after=step.name)

    def reached(self, stage: str, module: ir.Module) -> None:
        check_level(module, LEVELS[stage])
        self.last = KERNELS if stage == LLVM.stage else LEVELS[stage]
        road = list(LEVELS.values())
        self.next = road[road.index(self.last) + 1]
