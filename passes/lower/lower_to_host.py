"""lower-to-host: kernels of one thread to the LLVM dialect, for a processor."""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir

from clawc.chips.chip import Chip, find
from clawc.passes.framework.base import Pass, Pipeline
from clawc.passes.legalize.legalize_bf16 import LegalizeBf16
from clawc.passes.legalize.truncate_in_steps import TruncateInSteps
from clawc.passes.lower.bound_buffers import BoundBuffers
from clawc.passes.lower.isolate_kernels import IsolateKernels
from clawc.passes.lower.kernels_to_functions import KernelsToFunctions
from clawc.passes.lower.wrap_host_kernels import WrapHostKernels
from clawc.passes.math.expand_math import ExpandMath


def steps(chip: Chip) -> list[Pass | str]:
    """From L4 to the LLVM dialect; math is expanded first, while types still speak."""
    bits = f"index-bitwidth={chip.index_bits}"
    return [
        IsolateKernels(),
        ExpandMath(chip=chip.spec),
        # Where a processor lacks an instruction, LLVM would call a library to convert.
        LegalizeBf16(),
        TruncateInSteps(),
        BoundBuffers(index_bits=chip.index_bits, space=""),
        KernelsToFunctions(),
        "func.func(arith-expand),canonicalize,cse,loop-invariant-code-motion,"
        "convert-scf-to-cf,convert-math-to-llvm,convert-vector-to-llvm,"
        f"finalize-memref-to-llvm{{{bits}}},convert-arith-to-llvm{{{bits}}},"
        f"convert-index-to-llvm{{{bits}}},convert-cf-to-llvm{{{bits}}},convert-ub-to-llvm,"
        f"convert-func-to-llvm{{{bits} use-bare-ptr-memref-call-conv=1}},"
        "reconcile-unrealized-casts,canonicalize,cse",
        WrapHostKernels(),
    ]


@dataclass(frozen=True)
class LowerToHost(Pass):
    """All steps as one pass.

    ```mlir
    gpu.func @k(%x: memref<?xf32>, %n: index) kernel { ... }
    ```
    becomes
    ```mlir
    llvm.func internal @k.workgroup(%x: !llvm.ptr, %n: i64, %workgroup: i64) { ... }
    llvm.func @k(%buffers: !llvm.ptr, %scalars: !llvm.ptr, %first: i64, %end: i64) { ... }
    ```
    """

    name = "lower-to-host"
    chip: str = "host"

    def run(self, module: ir.Module) -> None:
        Pipeline(steps(find(self.chip))).run(module)
