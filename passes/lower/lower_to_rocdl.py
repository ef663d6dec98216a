"""lower-to-rocdl: per-thread kernels to the LLVM dialect with AMD's operations."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip, find
from clawc.passes.framework.base import Pass, Pipeline
from clawc.passes.lower.bound_buffers import BoundBuffers
from clawc.passes.lower.isolate_kernels import IsolateKernels
from clawc.passes.lower.place_shared_memory import PlaceSharedMemory
from clawc.passes.lower.relax_barriers import RelaxBarriers
from clawc.passes.lower.shuffle_by_dpp import ShuffleByDpp
from clawc.passes.math.expand_math import ExpandMath
from clawc.passes.math.math_to_intrinsics import MathToIntrinsics


def steps(chip: Chip) -> list[Pass | str]:
    """From L4 to the LLVM and ROCDL dialects; math is expanded first, while types still speak."""
    bits = f"index-bitwidth={chip.index_bits}"
    chipset = f"chipset={chip.name}"
    return [
        IsolateKernels(),
        ExpandMath(chip=chip.spec),
        MathToIntrinsics(),
        PlaceSharedMemory(chip=chip.spec),
        RelaxBarriers(chip=chip.spec),
        ShuffleByDpp(chip=chip.spec),
        BoundBuffers(index_bits=chip.index_bits),
        "gpu.module(canonicalize,cse,loop-invariant-code-motion,convert-scf-to-cf,"
        f"convert-arith-to-llvm{{{bits}}},"
        f"convert-amdgpu-to-rocdl{{{chipset}}},"
        f"convert-gpu-to-rocdl{{{bits} use-bare-ptr-memref-call-conv=1 {chipset} runtime=HIP}},"
        f"convert-vector-to-llvm,convert-index-to-llvm{{{bits}}},convert-ub-to-llvm,"
        "reconcile-unrealized-casts,canonicalize,cse)",
    ]


@dataclass(frozen=True)
class LowerToRocdl(Pass):
    """All steps as one pass.

    ```mlir
    gpu.func @k(%x: memref<?xf32>, %n: index) kernel { %v = vector.load %x[%i] ... }
    ```
    becomes
    ```mlir
    llvm.func @k(%x: !llvm.ptr<1>, %n: i32) attributes {gpu.kernel, rocdl.kernel} {
      %p = llvm.getelementptr %x[%i] ...
      %v = llvm.load %p
    ```
    """

    name = "lower-to-rocdl"
    chip: str = "amdgpu"

    def run(self, module: ir.Module) -> None:
        Pipeline(steps(find(self.chip))).run(module)
