"""The threads of a kernel's workgroup, as its schedule says."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.kernel import Kernel
from clawc.passes.kernel.schedule import BadSchedule


@dataclass(frozen=True)
class Workgroup:
    """`warps` of the chip's lanes; `thread`: elements a thread computes of a contraction; `stages`:
    rounds of a loop that are under way at once."""

    warps: int
    thread: tuple[int, int] | None
    threads: int
    stages: int

    @classmethod
    def of(cls, source: ir.Operation, chip: Chip) -> Workgroup:
        """Raises PassFailure where the schedule of a kernel function is none for this chip."""
        try:
            schedule = Kernel(source).schedule
        except BadSchedule as error:
            raise PassFailure(source, f"its schedule cannot be used: {error}") from None
        if schedule is None:
            raise PassFailure(source, "expected claw.schedule with the number of warps")
        warps, thread = schedule.warps, schedule.thread
        if warps < 1 or warps & (warps - 1):
            raise PassFailure(
                source, f"expected a power of two as claw.schedule's warps, not {warps}"
            )
        if thread and (len(thread) != 2 or any(n < 1 or n & (n - 1) for n in thread)):
            raise PassFailure(source, "expected two powers of two as claw.schedule's thread")
        if warps * chip.lanes > chip.max_workgroup:
            raise PassFailure(
                source,
                f"claw.schedule asks for {warps * chip.lanes} threads, but the chip has at most "
                f"{chip.max_workgroup}; use warps = {chip.max_workgroup // chip.lanes} or less",
            )
        pair = (thread[0], thread[1]) if thread else None
        return cls(warps, pair, warps * chip.lanes, schedule.stages)
