"""AMD: HSACO, linked here."""

from __future__ import annotations

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.framework.pipeline import Step
from clawc.passes.lower.lower_to_rocdl import LowerToRocdl
from clawc.targets.check_lowered import check_lowered
from clawc.targets.emission import Emitted
from clawc.targets.hsaco.link import link
from clawc.targets.hsaco.metadata import kernel_resources
from clawc.targets.kernel_facts import kernel_facts, merged
from clawc.targets.llvm_codegen import Machine, assembly, object_code, optimize, translate

_NATIVE = frozenset({("exp2", "f32"), ("log2", "f32")})
_CODE_OBJECT = 500  # version 5: drivers since ROCm 5.6 load it


def lowering(chip: Chip) -> list[Step]:
    """The steps from L4 to the LLVM dialect."""
    return [LowerToRocdl(chip)]


def emit(module: ir.Module, chip: Chip, *, stage: str, opt_level: int = 3) -> Emitted:
    """Code of the lowered `module`; `stage` is "llvm", "asm", or "bin" and "image" (HSACO)."""
    kernels = module.body.operations[0].operation
    check_lowered(kernels, _NATIVE)
    machine = Machine(
        "amdgcn-amd-amdhsa", chip.name, chip.feature, "pic", "small", opt_level=opt_level
    )
    facts = kernel_facts(kernels)
    text = translate(kernels, machine, {"amdhsa_code_object_version": _CODE_OBJECT})
    if stage == "llvm":
        return Emitted(text.encode(), "llvm", facts)
    optimized = optimize(text, machine)
    if stage == "asm":
        return Emitted(assembly(optimized, machine).encode(), "gcn", facts)
    image = link(object_code(optimized, machine))
    return Emitted(image, "hsaco", merged(facts, kernel_resources(image)))
