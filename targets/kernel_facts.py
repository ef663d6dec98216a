"""What lowering noted about kernels, as facts by kernel name."""

from __future__ import annotations

from collections.abc import Mapping

from mlir import ir

from clawc.passes.ir.operations import operations_in
from clawc.passes.kernel.attributes import (
    DYNAMIC_SHARED,
    PUSH_CONSTANTS,
    STATIC_SHARED,
    TOTAL_PUSH_CONSTANT,
)
from clawc.passes.kernel.kernel import Kernel
from clawc.targets.emission import KernelFacts

_SHARED = (STATIC_SHARED, DYNAMIC_SHARED)
_SPIRV = (STATIC_SHARED, PUSH_CONSTANTS, TOTAL_PUSH_CONSTANT)


def kernel_facts(root: ir.Operation) -> dict[str, KernelFacts]:
    """The shared memory of each kernel in `root`, a lowered `gpu.module`."""
    return {
        Kernel(op).name: {row.bundle: Kernel(op).number(row) or 0 for row in _SHARED}
        for op in operations_in(root)
        if op.name == "llvm.func" and "gpu.kernel" in op.attributes
    }


def spirv_kernel_facts(root: ir.Operation) -> dict[str, KernelFacts]:
    """What lowering noted about each kernel in `root`, which holds a `spirv.module`."""
    return {
        Kernel(op).name: {
            row.bundle: found for row in _SPIRV if (found := Kernel(op).number(row)) is not None
        }
        for op in operations_in(root)
        if op.name == "spirv.func"
    }


def merged(
    first: Mapping[str, KernelFacts], second: Mapping[str, KernelFacts]
) -> dict[str, KernelFacts]:
    """The facts of both; where they differ, the second's."""
    return {name: {**facts, **second.get(name, {})} for name, facts in first.items()}
