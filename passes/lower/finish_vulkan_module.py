"""finish-vulkan-module: what MLIR's conversion gets wrong or leaves out in SPIR-V for Vulkan."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import Pass
from clawc.passes.ir.operations import operations_in

_BARRIER = "#spirv.memory_semantics<AcquireRelease|UniformMemory|WorkgroupMemory>"
# Also Fma: a driver that splits it may otherwise regroup the products of a chain.
_CONTRACTIBLE = frozenset("spirv.FAdd spirv.FSub spirv.FMul spirv.FNegate spirv.GL.Fma".split())


@dataclass(frozen=True)
class FinishVulkanModule(Pass):
    """Raise the version, unbind push constants, let barriers order all memory, and keep
    multiplications and additions two roundings unless L4 says `math.fma`.

    spirv.module Logical GLSL450 requires #spirv.vce<v1.0, [...], [...]> {
      spirv.GlobalVariable @p bind(0, 2) : !spirv.ptr<..., PushConstant>
      %r = spirv.FMul %x, %y : f32
    ->
    spirv.module Logical GLSL450 requires #spirv.vce<v1.4, [...], [...]> {
      spirv.GlobalVariable @p : !spirv.ptr<..., PushConstant>
      %r = spirv.FMul %x, %y {no_contraction} : f32
    """

    name = "finish-vulkan-module"

    def run(self, module: ir.Module) -> None:
        for op in operations_in(module.operation):
            if op.name == "spirv.module":
                _raise_version(op)
            elif op.name == "spirv.GlobalVariable":
                _unbind_push_constants(op)
            elif op.name == "spirv.ControlBarrier":  # what L4 says: all memory
                op.attributes["memory_semantics"] = ir.Attribute.parse(_BARRIER)
            elif op.name in _CONTRACTIBLE:
                op.attributes["no_contraction"] = ir.UnitAttr.get()


def _raise_version(module: ir.Operation) -> None:
    """Entry points name their buffers only since version 1.4; what is deduced is too low."""
    triple = str(module.attributes["vce_triple"])
    raised = re.sub(r"<v1\.[0-3]\b", "<v1.4", triple, count=1)
    module.attributes["vce_triple"] = ir.Attribute.parse(raised)


def _unbind_push_constants(variable: ir.Operation) -> None:
    if ", PushConstant>" in str(variable.attributes["type"]):
        for binding in ("descriptor_set", "binding"):
            if binding in variable.attributes:
                del variable.attributes[binding]
