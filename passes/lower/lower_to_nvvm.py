"""lower-to-nvvm: per-thread kernels to the LLVM dialect with NVIDIA's operations."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip, find
from clawc.passes.framework.base import Pass, Pipeline
from clawc.passes.lower.bound_buffers import BoundBuffers
from clawc.passes.lower.grant_registers import GrantRegisters
from clawc.passes.lower.isolate_kernels import IsolateKernels
from clawc.passes.lower.place_shared_memory import PlaceSharedMemory
from clawc.passes.math.expand_math import ExpandMath
from clawc.passes.math.math_to_intrinsics import MathToIntrinsics


def steps(chip: Chip) -> list[Pass | str]:
    """From L4 to the LLVM and NVVM dialects; math is expanded first, while types still speak."""
    bits = f"index-bitwidth={chip.index_bits}"
    return [
        IsolateKernels(),
        GrantRegisters(chip=chip.spec),
        ExpandMath(chip=chip.spec),
        MathToIntrinsics(),
        PlaceSharedMemory(chip=chip.spec),
        BoundBuffers(index_bits=chip.index_bits),
        "gpu.module(canonicalize,cse,loop-invariant-code-motion,convert-scf-to-cf,"
        f"convert-arith-to-llvm{{{bits}}},"
        f"convert-gpu-to-nvvm{{{bits} use-bare-ptr-memref-call-conv=1}},"
        f"convert-vector-to-llvm,convert-index-to-llvm{{{bits}}},convert-nvvm-to-llvm,convert-ub-to-llvm,"
        "reconcile-unrealized-casts,canonicalize,cse)",
    ]


@dataclass(frozen=True)
class LowerToNvvm(Pass):
    """All steps as one pass.

    ```mlir
    gpu.func @k(%x: memref<?xf32>, %n: index) kernel { %v = vector.load %x[%i] ... }
    ```
    becomes
    ```mlir
    llvm.func @k(%x: !llvm.ptr<1>, %n: i32) attributes {gpu.kernel, nvvm.kernel} {
      %p = llvm.getelementptr %x[%i] ...
      %v = llvm.load %p
    ```
    """

    name = "lower-to-nvvm"
    chip: str = "nvptx"

    def run(self, module: ir.Module) -> None:
        Pipeline(steps(find(self.chip))).run(module)
