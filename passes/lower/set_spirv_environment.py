"""set-spirv-environment: say what the SPIR-V module may use, and each kernel's workgroup."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import kernel_functions

_OPENCL = (
    "#spirv.target_env<#spirv.vce<v1.2, [Kernel, Addresses, Linkage, Int64, Int16, Int8, Float16, "
    "Float64, Vector16, Float16Buffer], []>, api=OpenCL, #spirv.resource_limits<>>"
)
_VULKAN = (
    "#spirv.target_env<#spirv.vce<v1.5, [Shader, Int64, Int16, Int8, Float16, Float64, "
    "StorageBuffer16BitAccess, StorageBuffer8BitAccess], [SPV_KHR_storage_buffer_storage_class, "
    "SPV_KHR_16bit_storage, SPV_KHR_8bit_storage]>, api=Vulkan, #spirv.resource_limits<>>"
)


@dataclass(frozen=True)
class SetSpirvEnvironment(Pass):
    """MLIR's conversion asks the module for its environment, and each kernel for its size.

    module { gpu.func @k(...) kernel attributes {known_block_size = array<i32: 64, 1, 1>} }
    ->
    module attributes {spirv.target_env = #spirv.target_env<..., api=OpenCL, ...>} {
      gpu.func @k(...) kernel attributes {
        spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>, ...}
    """

    name = "set-spirv-environment"
    chip: Chip = find("spirv:opencl")

    def run(self, module: ir.Module) -> None:
        environment = _VULKAN if self.chip.family == "vulkan" else _OPENCL
        module.operation.attributes["spirv.target_env"] = ir.Attribute.parse(environment)
        for function in kernel_functions(module.body.operations[0]):
            threads = ir.DenseI32ArrayAttr(function.attributes["known_block_size"])
            size = ", ".join(map(str, threads))
            function.attributes["spirv.entry_point_abi"] = ir.Attribute.parse(
                f"#spirv.entry_point_abi<workgroup_size = [{size}]>"
            )
