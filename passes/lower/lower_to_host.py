"""lower-to-host: kernels of one thread to the LLVM dialect, for a processor."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.pipeline import NamedPipeline, Step
from clawc.passes.lower.steps import to_host


@dataclass(frozen=True)
class LowerToHost(NamedPipeline):
    """All steps as one pass.

    ```mlir
    gpu.func @k(%x: memref<?xf32>, %n: index) kernel { ... }
    ```
    becomes
    ```mlir
    llvm.func internal @k.workgroup(%x: !llvm.ptr, %n: i64, %workgroup: i64) { ... }
    llvm.func @k(%buffers: !llvm.ptr, %scalars: !llvm.ptr, %first: i64, %end: i64) { ... }
    ```
    """

    name = "lower-to-host"
    chip: Chip = field(default_factory=partial(find, "host"))

    def steps(self) -> list[Step]:
        return to_host(self.chip)
