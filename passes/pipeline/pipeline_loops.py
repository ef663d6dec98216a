"""pipeline-loops: the tiles of a contraction's next step are read while this one is multiplied."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass
from clawc.passes.kernel.kernel import kernels_of
from clawc.passes.layout.buffers import BufferUse
from clawc.passes.layout.ops import inside
from clawc.passes.layout.workgroup import Workgroup
from clawc.passes.pipeline.read_ahead import read_ahead
from clawc.passes.pipeline.split import split


@dataclass(frozen=True)
class PipelineLoops(Pass):
    """Loops with a contraction, of kernels whose schedule has `stages = 2`.

    Before: %r = scf.for %k = %c0 to %n step %c32 iter_args(%acc = %zero) {
              %a = vector.transfer_read %x[%i, %k] ...
              %s = vector.contract ... %a, ..., %acc
              scf.yield %s
            }
    After:  %first = vector.transfer_read %x[%i, %c0] ...
            %r:2 = scf.for %k = %c32 to %n step %c32 iter_args(%acc = %zero, %a = %first) {
              %next = vector.transfer_read %x[%i, %k] ...
              %s = vector.contract ... %a, ..., %acc
              scf.yield %s, %next
            }
            %last = vector.contract ... %r#1, ..., %r#0
    """

    name = "pipeline-loops"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        for kernel in kernels_of(module, "vector"):
            if Workgroup.of(kernel.op, self.chip).stages < 2:
                continue
            written = BufferUse.of(kernel.op).written
            loops = [op for op in inside(kernel.op) if op.name == "scf.for"]
            for loop in loops:
                parts = split(loop, written)
                if parts is not None:
                    read_ahead(loop, parts)
