"""tile: cut every kernel of the vector lane into workgroup tiles."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mlir import ir
from mlir.passmanager import PassManager

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.kernel.kernel import Kernel, kernels_of, schedule_of
from clawc.passes.kernel.schedule import BadSchedule, Schedule
from clawc.passes.kernel.schedule_file import read_schedules
from clawc.passes.tile.analysis import analyze
from clawc.passes.tile.calls import StagedCall, calls_of
from clawc.passes.tile.collapse import collapse
from clawc.passes.tile.emit import TileWriter
from clawc.passes.tile.group import Group, Unsupported
from clawc.passes.tile.schedule_choice import choose
from clawc.passes.tile.schedule_limits import check
from clawc.passes.tile.split import DYNAMIC, Split
from clawc.passes.tile.stages import stages_of


@dataclass(frozen=True)
class Tile(Pass):
    """Writes the linalg ops of a kernel as one group on tiles, with the sizes of its schedule.

    Before:
        %r = linalg.generic ... ins(%x, %w : tensor<?x64xf32>, tensor<64x128xf32>) outs(%fill ...)
        bufferization.materialize_in_destination %r in restrict writable %out
    After:
        %r = scf.forall (%i, %j) = (0, 0) to (%m, 128) step (64, 64) shared_outs(%o = %empty) {
          %s = scf.for %k = %c0 to %c64 step %c16 iter_args(%acc = %fill) {
            %a = tensor.extract_slice %x[%i, %k] [%rows, 16] [1, 1]
            %b = tensor.extract_slice %w[%k, %j] [16, 64] [1, 1]
            linalg.generic ... ins(%a, %b) outs(%acc) {claw.tile = array<i64: 64, 64, 16>}
          }
          scf.forall.in_parallel {
            tensor.parallel_insert_slice %s into %o[%i, %j] [%rows, 64] [1, 1]
          }
        }
        bufferization.materialize_in_destination %r in restrict writable %out

    A schedule comes from `schedule-file` (the path of a JSON file, or its text), else from the
    attribute `claw.schedule` of the kernel or of one of its ops, else from rules of thumb.  A
    kernel that has no tiled form goes to the generic lane, and `claw.reason` says why.  One whose
    schedule has a `split` becomes several (`stages.py`)."""

    name = "tile"
    chip: Chip = find("nvptx")
    schedule_file: str = ""

    def run(self, module: ir.Module) -> None:
        untiled = {kernel.name: "" for kernel in kernels_of(module)}  # and why
        for kernel in kernels_of(module, "vector"):
            self._tile(module, kernel)
        if self.schedule_file:
            for kernel in kernels_of(module, "generic"):
                untiled[kernel.name] = kernel.reason or ""
            read_schedules(self.schedule_file).check(untiled)
        PassManager.parse("builtin.module(cse)").run(module.operation)

    def _tile(self, module: ir.Module, kernel: Kernel) -> None:
        try:
            whole = analyze(kernel.op)
            group = collapse(whole)
            schedule, given = self._schedule(kernel, group)
            writer = TileWriter(group, schedule)
        except Unsupported as reason:
            kernel.move_to_generic(str(reason))
            return
        if schedule.split:
            self._split(module, kernel, whole, schedule, given)
        else:
            _write(kernel, schedule, writer)

    def _split(
        self, module: ir.Module, kernel: Kernel, whole: Group, schedule: Schedule, given: bool
    ) -> None:
        """Tile the stages of a kernel instead of it; `whole` is its group before dimensions are
        merged, and those that reduce parts have the schedule if it was `given`."""
        group = collapse(whole)
        split = Split.of(group, schedule.split)
        length = group.sizes[split.d]
        count = split.count(length) if isinstance(length, int) else DYNAMIC
        stages = stages_of(kernel, whole, count)
        for call in calls_of(module, kernel.name):
            with ir.InsertionPoint(call), call.location:
                StagedCall(call, whole, length, schedule.split).write(stages)
            call.erase()
        kernel.op.erase()
        for stage in stages:
            inner = collapse(analyze(stage.kernel.op))
            mine = schedule if given and stage.split else choose(inner, self.chip)
            mine = mine.fitted(len(inner.sizes), len(inner.parallel))
            if stage.split:
                own = Split.of(inner, schedule.split)
                own.add_parts(stage.kernel.op, inner, count)
                tile = [min(n, own.width) if d == own.d else n for d, n in enumerate(mine.tile)]
                mine = replace(mine, tile=tuple(tile), split=own.width)
                _write(stage.kernel, mine, TileWriter(inner, mine, own))
            else:
                mine = replace(mine, split=0)
                _write(stage.kernel, mine, TileWriter(inner, mine))

    def _schedule(self, kernel: Kernel, group: Group) -> tuple[Schedule, bool]:
        """And whether somebody gave it."""
        file = read_schedules(self.schedule_file) if self.schedule_file else None
        entry = file.entry(kernel.name) if file else None
        try:
            given = entry.schedule if entry else _annotated(kernel, group)
            schedule = given or choose(group, self.chip)
            schedule = schedule.fitted(len(group.sizes), len(group.parallel))
            check(schedule, group, self.chip)
        except BadSchedule as error:
            said = f"the schedule of kernel {kernel.name} cannot be used: {error}"
            if file and entry:
                raise file.failure(entry.at, said) from None
            raise PassFailure(kernel.op, said) from None
        return schedule, given is not None


def _write(kernel: Kernel, schedule: Schedule, writer: TileWriter) -> None:
    block = kernel.op.regions[0].blocks[0]
    old = [op.operation for op in block.operations]
    with ir.InsertionPoint(old[-1]), kernel.op.location:
        writer.write()
    _erase(old[:-1])
    kernel.set_schedule(schedule)


def _annotated(kernel: Kernel, group: Group) -> Schedule | None:
    """The schedule that its author wrote on the kernel, or on one of its operations."""
    for op in (kernel.op, *(member.op for member in group.members)):
        if (schedule := schedule_of(op)) is not None:
            return schedule
    return None


def _erase(ops: list[ir.Operation]) -> None:
    """The ops that the tiled form replaces, and the scalars that only they used."""
    for op in reversed(ops):
        used = any(True for result in op.results for _ in result.uses)
        if not used and op.name.split(".")[0] in (
            "linalg",
            "tensor",
            "bufferization",
            "arith",
            "memref",
        ):
            op.erase()
