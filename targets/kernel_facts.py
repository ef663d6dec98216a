"""What lowering noted about kernels, as facts by kernel name."""

from __future__ import annotations

from collections.abc import Mapping

from mlir import ir

from clawc.passes.ir.typed_values import operations_in
from clawc.targets.emission import KernelFacts

_NOTED = {"shared": "claw.static_shared", "dynamic_shared": "claw.dynamic_shared"}


def kernel_facts(root: ir.Operation) -> dict[str, KernelFacts]:
    """The shared memory of each kernel in `root`, a lowered `gpu.module`."""
    return {
        ir.StringAttr(op.attributes["sym_name"]).value: {
            fact: ir.IntegerAttr(op.attributes[noted]).value if noted in op.attributes else 0
            for fact, noted in _NOTED.items()
        }
        for op in operations_in(root)
        if op.name == "llvm.func" and "gpu.kernel" in op.attributes
    }


def merged(
    first: Mapping[str, KernelFacts], second: Mapping[str, KernelFacts]
) -> dict[str, KernelFacts]:
    """The facts of both; where they differ, the second's."""
    return {name: {**facts, **second.get(name, {})} for name, facts in first.items()}
