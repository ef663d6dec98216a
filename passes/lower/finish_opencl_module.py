"""finish-opencl-module: what MLIR's conversion gets wrong or leaves out in SPIR-V for OpenCL."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import operations_in

_BARRIER = "#spirv.memory_semantics<AcquireRelease|WorkgroupMemory|CrossWorkgroupMemory>"


@dataclass(frozen=True)
class FinishOpenclModule(Pass):
    """Barriers order all memory, not only the shared; multiplications and additions stay two
    roundings, unless L4 says `math.fma`.

    spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory>
    spirv.EntryPoint "Kernel" @k
    ->
    spirv.ControlBarrier <Workgroup>, <Workgroup>,
      <AcquireRelease|WorkgroupMemory|CrossWorkgroupMemory>
    spirv.EntryPoint "Kernel" @k
    spirv.ExecutionMode @k "ContractionOff"
    """

    name = "finish-opencl-module"

    def run(self, module: ir.Module) -> None:
        for op in list(operations_in(module.operation)):
            if op.name == "spirv.ControlBarrier":
                op.attributes["memory_semantics"] = ir.Attribute.parse(_BARRIER)
            elif op.name == "spirv.module":
                _forbid_contraction(op)


def _forbid_contraction(converted: ir.Operation) -> None:
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
