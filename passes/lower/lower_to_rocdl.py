"""lower-to-rocdl: per-thread kernels to the LLVM dialect with AMD's operations."""

from __future__ import annotations

from dataclasses import dataclass

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.pipeline import NamedPipeline, Step
from clawc.passes.lower.steps import to_rocdl


@dataclass(frozen=True)
class LowerToRocdl(NamedPipeline):
    """All steps as one pass.

    ```mlir
    gpu.func @k(%x: memref<?xf32>, %n: index) kernel { %v = vector.load %x[%i] ... }
    ```
    becomes
    ```mlir
    llvm.func @k(%x: !llvm.ptr<1>, %n: i32) attributes {gpu.kernel, rocdl.kernel} {
      %p = llvm.getelementptr %x[%i] ...
      %v = llvm.load %p
    ```
    """

    name = "lower-to-rocdl"
    chip: Chip = find("amdgpu")

    def steps(self) -> list[Step]:
        return to_rocdl(self.chip)
