"""From the program of one thread to each target's own dialect: the steps of all targets.

Math is expanded first everywhere, while types still speak.
"""

from __future__ import annotations

from clawc.chips.chip import Chip
from clawc.passes.framework.pipeline import Step, upstream
from clawc.passes.legalize.legalize_bf16 import LegalizeBf16
from clawc.passes.legalize.legalize_extended_arith import LegalizeExtendedArith
from clawc.passes.legalize.legalize_nan import LegalizeNan
from clawc.passes.legalize.legalize_spirv_arith import LegalizeSpirvArith
from clawc.passes.legalize.legalize_spirv_memory import LegalizeSpirvMemory
from clawc.passes.legalize.scalarize_memory import ScalarizeMemory
from clawc.passes.lower.bound_buffers import BoundBuffers
from clawc.passes.lower.check_spirv_kernels import CheckSpirvKernels
from clawc.passes.lower.finish_opencl_module import FinishOpenclModule
from clawc.passes.lower.finish_vulkan_module import FinishVulkanModule
from clawc.passes.lower.grant_registers import GrantRegisters
from clawc.passes.lower.isolate_kernels import IsolateKernels
from clawc.passes.lower.isolate_spirv_module import IsolateSpirvModule
from clawc.passes.lower.kernels_to_functions import KernelsToFunctions
from clawc.passes.lower.place_shared_memory import PlaceSharedMemory
from clawc.passes.lower.relax_barriers import RelaxBarriers
from clawc.passes.lower.select_words import SelectWords
from clawc.passes.lower.set_spirv_environment import SetSpirvEnvironment
from clawc.passes.lower.shuffle_by_dpp import ShuffleByDpp
from clawc.passes.lower.sink_arithmetic import SinkArithmetic
from clawc.passes.lower.vulkan_kernel_abi import VulkanKernelAbi
from clawc.passes.lower.widen_conditions import WidenConditions
from clawc.passes.lower.wrap_host_kernels import WrapHostKernels
from clawc.passes.math.expand_math import ExpandMath
from clawc.passes.math.math_to_intrinsics import MathToIntrinsics


def to_nvvm(chip: Chip) -> list[Step]:
    """To the LLVM and NVVM dialects."""
    bits = f"index-bitwidth={chip.index_bits}"
    return [
        IsolateKernels(),
        SelectWords(),
        SinkArithmetic(),
        ExpandMath(chip=chip),
        MathToIntrinsics(),
        GrantRegisters(chip=chip),
        PlaceSharedMemory(chip=chip),
        BoundBuffers(index_bits=chip.index_bits),
        *upstream(
            "canonicalize",
            "cse",
            "loop-invariant-code-motion",
            "convert-scf-to-cf",
            f"convert-arith-to-llvm{{{bits}}}",
            f"convert-gpu-to-nvvm{{{bits} use-bare-ptr-memref-call-conv=1}}",
            "convert-vector-to-llvm",
            f"convert-index-to-llvm{{{bits}}}",
            "convert-nvvm-to-llvm",
            "convert-ub-to-llvm",
            "reconcile-unrealized-casts",
            "canonicalize",
            "cse",
            anchor=("gpu.module",),
        ),
    ]


def to_rocdl(chip: Chip) -> list[Step]:
    """To the LLVM and ROCDL dialects."""
    bits = f"index-bitwidth={chip.index_bits}"
    chipset = f"chipset={chip.name}"
    return [
        IsolateKernels(),
        ExpandMath(chip=chip),
        SelectWords(),
        MathToIntrinsics(),
        PlaceSharedMemory(chip=chip),
        RelaxBarriers(chip=chip),
        ShuffleByDpp(chip=chip),
        BoundBuffers(index_bits=chip.index_bits),
        *upstream(
            "canonicalize",
            "cse",
            "loop-invariant-code-motion",
            "convert-scf-to-cf",
            f"convert-arith-to-llvm{{{bits}}}",
            f"convert-amdgpu-to-rocdl{{{chipset}}}",
            f"convert-gpu-to-rocdl{{{bits} use-bare-ptr-memref-call-conv=1 {chipset} runtime=HIP}}",
            "convert-vector-to-llvm",
            f"convert-index-to-llvm{{{bits}}}",
            "convert-ub-to-llvm",
            "reconcile-unrealized-casts",
            "canonicalize",
            "cse",
            anchor=("gpu.module",),
        ),
    ]


def to_host(chip: Chip) -> list[Step]:
    """To the LLVM dialect, for a processor."""
    bits = f"index-bitwidth={chip.index_bits}"
    return [
        IsolateKernels(),
        ExpandMath(chip=chip),
        # Where a processor lacks an instruction, LLVM would call a library to convert.
        LegalizeBf16(),
        BoundBuffers(index_bits=chip.index_bits, space="", alignment=0),
        KernelsToFunctions(),
        *upstream("arith-expand", anchor=("func.func",)),
        *upstream(
            "canonicalize",
            "cse",
            "loop-invariant-code-motion",
            "convert-scf-to-cf",
            "convert-math-to-llvm",
            "convert-vector-to-llvm",
            f"finalize-memref-to-llvm{{{bits}}}",
            f"convert-arith-to-llvm{{{bits}}}",
            f"convert-index-to-llvm{{{bits}}}",
            f"convert-cf-to-llvm{{{bits}}}",
            "convert-ub-to-llvm",
            f"convert-func-to-llvm{{{bits} use-bare-ptr-memref-call-conv=1}}",
            "reconcile-unrealized-casts",
            "canonicalize",
            "cse",
        ),
        WrapHostKernels(),
    ]


def legalize_for_spirv(chip: Chip) -> list[Step]:
    """What the SPIR-V dialect or its environment lacks is expressed by what they have."""
    return [
        IsolateKernels(),
        ExpandMath(chip),
        LegalizeBf16(),
        LegalizeSpirvArith(),
        LegalizeSpirvMemory(chip),
        *(_LEGAL_FOR_VULKAN if chip.family == "vulkan" else _LEGAL_FOR_OPENCL),
    ]


_LEGAL_FOR_VULKAN: tuple[Step, ...] = (
    LegalizeNan(),
    ScalarizeMemory(),
    VulkanKernelAbi(),
)
_LEGAL_FOR_OPENCL: tuple[Step, ...] = (LegalizeExtendedArith(),)


def convert_to_spirv(chip: Chip) -> list[Step]:
    """To the SPIR-V dialect, of kernels that are legal."""
    wide = str(chip.index_bits == 64).lower()
    return [
        CheckSpirvKernels(chip=chip),
        SetSpirvEnvironment(chip=chip),
        *upstream(
            # MLIR's conversion of scf.for leaves results of a loop without iterations undefined.
            "scf-for-to-while",
            "canonicalize",
            "cse",
            anchor=("gpu.module", "gpu.func"),
        ),
        WidenConditions(),
        *upstream("convert-math-to-spirv", anchor=("gpu.module",)),
        *upstream(f"convert-gpu-to-spirv{{use-64bit-index={wide}}}"),
        IsolateSpirvModule(),
        *upstream(
            "spirv-lower-abi-attrs",
            "canonicalize",
            "cse",
            "spirv-update-vce",
            anchor=("gpu.module", "spirv.module"),
        ),
        FinishVulkanModule() if chip.family == "vulkan" else FinishOpenclModule(),
    ]
