"""isolate-kernels: keep the kernels; the launch plan has taken over what the host program says."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.passes.framework.base import Pass, PassFailure


@dataclass(frozen=True)
class IsolateKernels(Pass):
    """Leave the one `gpu.module` alone in the module.

    func.func @main(...) { gpu.launch_func @kernels::@k ... }
    gpu.module @kernels { ... }
    ->
    gpu.module @kernels { ... }
    """

    name = "isolate-kernels"

    def run(self, module: ir.Module) -> None:
        operations = list(module.body.operations)
        kernels = [op for op in operations if op.operation.name == "gpu.module"]
        if len(kernels) != 1:
            raise PassFailure(
                module.operation,
                f"holds {len(kernels)} gpu.module operations; expected one that holds all kernels",
            )
        for op in operations:
            if op != kernels[0]:
                op.operation.erase()
