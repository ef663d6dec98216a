"""lower-to-spirv-vulkan: kernels in the SPIR-V dialect, for Vulkan."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import find
from clawc.passes.framework.base import Pass
from clawc.passes.ir.typed_values import operations_in
from clawc.passes.lower.spirv_conversion import check_kernels, convert_kernels

_ENVIRONMENT = (
    "#spirv.target_env<#spirv.vce<v1.5, [Shader, Int64, Int16, Int8, Float16, Float64, "
    "StorageBuffer16BitAccess, StorageBuffer8BitAccess], [SPV_KHR_storage_buffer_storage_class, "
    "SPV_KHR_16bit_storage, SPV_KHR_8bit_storage]>, api=Vulkan, #spirv.resource_limits<>>"
)
_BARRIER = "#spirv.memory_semantics<AcquireRelease|UniformMemory|WorkgroupMemory>"
# Also Fma: a driver that splits it may otherwise regroup the products of a chain.
_CONTRACTIBLE = frozenset("spirv.FAdd spirv.FSub spirv.FMul spirv.FNegate spirv.GL.Fma".split())


@dataclass(frozen=True)
class LowerToSpirvVulkan(Pass):
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
    chip: str = "spirv:vulkan"

    def run(self, module: ir.Module) -> None:
        chip = find(self.chip)
        check_kernels(module, chip)
        converted = convert_kernels(module, _ENVIRONMENT, chip.index_bits)
        # Entry points name their buffers only since version 1.4; what is deduced is too low.
        triple = str(converted.attributes["vce_triple"])
        raised = re.sub(r"<v1\.[0-3]\b", "<v1.4", triple, count=1)
        converted.attributes["vce_triple"] = ir.Attribute.parse(raised)
        for op in operations_in(converted):
            if op.name == "spirv.GlobalVariable" and ", PushConstant>" in str(
                op.attributes["type"]
            ):
                for binding in ("descriptor_set", "binding"):
                    if binding in op.attributes:
                        del op.attributes[binding]
            elif op.name == "spirv.ControlBarrier":  # what L4 says: all memory, not only the shared
                op.attributes["memory_semantics"] = ir.Attribute.parse(_BARRIER)
            elif op.name in _CONTRACTIBLE:  # two roundings unless L4 says `math.fma`
                op.attributes["no_contraction"] = ir.UnitAttr.get()
