"""lower-to-spirv-vulkan: kernels in the SPIR-V dialect, for Vulkan."""

from __future__ import annotations

from dataclasses import dataclass

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.pipeline import NamedPipeline, Step
from clawc.passes.lower.steps import convert_to_spirv


@dataclass(frozen=True)
class LowerToSpirvVulkan(NamedPipeline):
    """Convert the kernels, after the legalisations, to a `spirv.module` with logical addresses.

    gpu.module @kernels { gpu.func @k(%x: memref<?xf32, ...>, %p: memref<1xi32, ...>) kernel {...} }
    ->
    gpu.module @kernels [target] { spirv.module Logical GLSL450 {
      spirv.GlobalVariable @k_arg_0 bind(0, 0) : !spirv.ptr<..., StorageBuffer>
      spirv.GlobalVariable @k_arg_1 : !spirv.ptr<..., PushConstant>
      spirv.func @k() {...}
      spirv.EntryPoint "GLCompute" @k, ... } }
    """

    name = "lower-to-spirv-vulkan"
    chip: Chip = find("spirv:vulkan")

    def steps(self) -> list[Step]:
        return convert_to_spirv(self.chip)
