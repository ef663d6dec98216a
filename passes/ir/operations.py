"""Find operations: all within one, the kernels of a module."""

from __future__ import annotations

from mlir import ir


def operations_in(root: ir.OpView | ir.Operation) -> list[ir.Operation]:
    """All operations nested in `root`, outer ones first."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        found.append(op)
        return ir.WalkResult.ADVANCE

    for region in root.operation.regions:
        for block in region.blocks:
            for op in block.operations:
                op.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def kernel_functions(root: ir.OpView | ir.Operation) -> list[ir.Operation]:
    """The kernels of a `gpu.module`."""
    body = root.operation.regions[0].blocks[0]
    return [op.operation for op in body.operations if op.operation.name == "gpu.func"]


def gpu_kernels(module: ir.Module) -> list[ir.Operation]:
    """The `gpu.func`s of all `gpu.module`s, in order."""
    return [
        kernel
        for outer in module.body.operations
        if outer.operation.name == "gpu.module"
        for kernel in kernel_functions(outer)
    ]
