"""lower-to-spirv-opencl: kernels in the SPIR-V dialect, for OpenCL."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import find
from clawc.passes.framework.base import Pass
from clawc.passes.ir.typed_values import operations_in
from clawc.passes.lower.spirv_conversion import check_kernels, convert_kernels

_ENVIRONMENT = (
    "#spirv.target_env<#spirv.vce<v1.2, [Kernel, Addresses, Linkage, Int64, Int16, Int8, Float16, "
    "Float64, Vector16, Float16Buffer], []>, api=OpenCL, #spirv.resource_limits<>>"
)
_BARRIER = "#spirv.memory_semantics<AcquireRelease|WorkgroupMemory|CrossWorkgroupMemory>"


@dataclass(frozen=True)
class LowerToSpirvOpencl(Pass):
    """Convert the kernels, after the legalisations, to a `spirv.module` with physical addresses.

    gpu.module @kernels { gpu.func @k(%x: memref<?xf32, ...>, %n: index) kernel {...} }
    ->
    gpu.module @kernels [target] { spirv.module Physical64 OpenCL {
      spirv.func @k(%x: !spirv.ptr<f32, CrossWorkgroup>, %n: i64) {...}
      spirv.EntryPoint "Kernel" @k } }
    """

    name = "lower-to-spirv-opencl"
    chip: str = "spirv:opencl"

    def run(self, module: ir.Module) -> None:
        chip = find(self.chip)
        check_kernels(module, chip)
        converted = convert_kernels(module, _ENVIRONMENT, chip.index_bits)
        for op in operations_in(converted):
            if op.name == "spirv.ControlBarrier":  # what L4 says: all memory, not only the shared
                op.attributes["memory_semantics"] = ir.Attribute.parse(_BARRIER)
        _forbid_contraction(converted)


def _forbid_contraction(converted: ir.Operation) -> None:
    """A multiplication and an addition stay two roundings unless L4 says `math.fma`."""
    body = converted.regions[0].blocks[0]
    entries = [op.operation for op in body.operations if op.operation.name == "spirv.EntryPoint"]
    for entry in entries:
        attributes = {
            "fn": entry.attributes["fn"],
            "execution_mode": ir.Attribute.parse("#spirv.execution_mode<ContractionOff>"),
            "values": ir.ArrayAttr.get([]),
        }
        ir.Operation.create(
            "spirv.ExecutionMode",
            attributes=attributes,
            loc=entry.location,
            ip=ir.InsertionPoint(body),
        )
