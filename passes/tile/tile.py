"""tile: cut every kernel of the vector lane into workgroup tiles."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.passmanager import PassManager

from clawc.chips.chip import Chip, UnknownChip, find
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.tile.analysis import analyze
from clawc.passes.tile.collapse import collapse
from clawc.passes.tile.emit import TileWriter
from clawc.passes.tile.group import Group, Unsupported
from clawc.passes.tile.schedule import ATTRIBUTE, BadSchedule, Schedule, from_text
from clawc.passes.tile.schedule_choice import choose
from clawc.passes.tile.schedule_limits import check


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
    kernel that has no tiled form goes to the generic lane, and `claw.reason` says why."""

    name = "tile"
    chip: str = "nvptx"
    schedule_file: str = ""

    def run(self, module: ir.Module) -> None:
        try:
            chip = find(self.chip)
        except UnknownChip as error:
            raise PassFailure(module.operation, f"cannot be tiled: {error}") from None
        for op in module.body.operations:
            if _is_vector_kernel(op.operation):
                self._tile(op.operation, chip)
        PassManager.parse("builtin.module(cse)").run(module.operation)

    def _tile(self, func: ir.Operation, chip: Chip) -> None:
        try:
            group = collapse(analyze(func))
            schedule = self._schedule(func, group, chip)
            writer = TileWriter(group, schedule)
        except Unsupported as reason:
            func.attributes["claw.lane"] = ir.StringAttr.get("generic")
            func.attributes["claw.reason"] = ir.StringAttr.get(str(reason))
            return
        block = func.regions[0].blocks[0]
        old = [op.operation for op in block.operations]
        with ir.InsertionPoint(old[-1]), func.location:
            writer.write()
        _erase(old[:-1])
        func.attributes[ATTRIBUTE] = schedule.to_attribute()

    def _schedule(self, func: ir.Operation, group: Group, chip: Chip) -> Schedule:
        name = ir.StringAttr(func.attributes["sym_name"]).value
        try:
            given = from_text(self.schedule_file, name) if self.schedule_file else None
            given = given or _annotated(func, group)
            schedule = given or choose(group, chip)
            schedule = schedule.fitted(len(group.sizes), len(group.parallel))
            check(schedule, group, chip)
        except BadSchedule as error:
            raise PassFailure(
                func, f"the schedule of kernel {name} cannot be used: {error}"
            ) from None
        return schedule


def _is_vector_kernel(op: ir.Operation) -> bool:
    attributes = op.attributes
    return "claw.kernel" in attributes and attributes["claw.lane"] == ir.StringAttr.get("vector")


def _annotated(func: ir.Operation, group: Group) -> Schedule | None:
    for op in (func, *(member.op for member in group.members)):
        if ATTRIBUTE in op.attributes:
            return Schedule.from_attribute(op.attributes[ATTRIBUTE])
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
