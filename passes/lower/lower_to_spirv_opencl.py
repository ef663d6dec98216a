"""lower-to-spirv-opencl: kernels in the SPIR-V dialect, for OpenCL."""

from __future__ import annotations

from dataclasses import dataclass

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.pipeline import NamedPipeline, Step
from clawc.passes.lower.steps import convert_to_spirv


@dataclass(frozen=True)
class LowerToSpirvOpencl(NamedPipeline):
    """Convert the kernels, after the legalisations, to a `spirv.module` with physical addresses.

    gpu.module @kernels { gpu.func @k(%x: memref<?xf32, ...>, %n: index) kernel {...} }
    ->
    gpu.module @kernels [target] { spirv.module Physical64 OpenCL {
      spirv.func @k(%x: !spirv.ptr<f32, CrossWorkgroup>, %n: i64) {...}
      spirv.EntryPoint "Kernel" @k } }
    """

    name = "lower-to-spirv-opencl"
    chip: Chip = find("spirv:opencl")

    def steps(self) -> list[Step]:
        return convert_to_spirv(self.chip)
