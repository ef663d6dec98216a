"""Find the kernels of a module."""

from __future__ import annotations

from mlir import ir

from clawc.passes.ir.typed_values import kernel_functions


def gpu_kernels(module: ir.Module) -> list[ir.Operation]:
    """The `gpu.func`s of all `gpu.module`s, in order."""
    return [
        kernel
        for outer in module.body.operations
        if outer.operation.name == "gpu.module"
        for kernel in kernel_functions(outer)
    ]
