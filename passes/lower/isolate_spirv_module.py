"""isolate-spirv-module: nothing stays but the converted module, wrapped for serialization."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import Pass, PassFailure


@dataclass(frozen=True)
class IsolateSpirvModule(Pass):
    """MLIR's conversion leaves its module beside the old one (Vulkan) or inside of it (OpenCL).

    gpu.module @kernels { gpu.func @k(...) kernel { ... } }
    spirv.module Logical GLSL450 { spirv.func @k(...) { ... } }
    ->
    gpu.module @kernels [#spirv.target_env<...>] {
      spirv.module Logical GLSL450 { spirv.func @k(...) { ... } }
    }
    """

    name = "isolate-spirv-module"

    def run(self, module: ir.Module) -> None:
        converted = _spirv_modules(module)
        kernels = [op for op in module.body.operations if op.operation.name == "gpu.module"]
        if len(converted) != 1 or len(kernels) != 1:
            raise PassFailure(module.operation, "holds not one gpu.module and one spirv.module")
        attributes = {
            "sym_name": kernels[0].attributes["sym_name"],
            "targets": ir.ArrayAttr.get([module.operation.attributes["spirv.target_env"]]),
        }
        location = kernels[0].location
        converted[0].detach_from_parent()
        for op in list(module.body.operations):
            op.operation.erase()
        end = ir.InsertionPoint(module.body)
        wrapped = ir.Operation.create(
            "gpu.module", [], [], attributes, regions=1, loc=location, ip=end
        )
        wrapped.regions[0].blocks.append().append(converted[0])


def _spirv_modules(module: ir.Module) -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "spirv.module":
            found.append(op)
        inside = op.name in ("builtin.module", "gpu.module")
        return ir.WalkResult.ADVANCE if inside else ir.WalkResult.SKIP

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found
