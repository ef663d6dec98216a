"""NVIDIA: PTX, and cubins where ptxas is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.framework.pipeline import Step
from clawc.passes.lower.lower_to_nvvm import LowerToNvvm
from clawc.targets import ptxas
from clawc.targets.check_lowered import check_lowered
from clawc.targets.emission import EmissionError, Emitted
from clawc.targets.kernel_facts import kernel_facts, merged
from clawc.targets.llvm_codegen import Machine, assembly, optimize, translate

_NATIVE = frozenset({("exp2", "f32")})


def lowering(chip: Chip) -> list[Step]:
    """The steps from L4 to the LLVM dialect."""
    return [LowerToNvvm(chip)]


def emit(module: ir.Module, chip: Chip, *, stage: str, opt_level: int = 3) -> Emitted:
    """Code of the lowered `module`; `stage` is "llvm", "asm" or "image" (PTX), or "bin" (cubin)."""
    kernels = module.body.operations[0].operation
    check_lowered(kernels, _NATIVE)
    machine = Machine("nvptx64-nvidia-cuda", chip.name, chip.feature, opt_level=opt_level)
    facts = kernel_facts(kernels)
    _check_names(facts)
    text = translate(kernels, machine)
    if stage == "llvm":
        return Emitted(text.encode(), "llvm", facts)
    ptx = assembly(optimize(text, machine), machine)
    if stage != "bin":
        return Emitted(ptx.encode(), "ptx", facts)
    cubin, resources = ptxas.assemble(ptx, chip.name)
    return Emitted(cubin, "cubin", merged(facts, resources))


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if not re.fullmatch(r"[A-Za-z_$][\w$]*", name, re.ASCII):
            raise EmissionError(
                f"PTX cannot name a kernel {name!r}: rename its function, "
                "with letters, digits, '_' and '$' alone"
            )
