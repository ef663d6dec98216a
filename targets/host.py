"""The processor: a relocatable object that the runtime loads into its own process."""

from __future__ import annotations

from mlir import ir

from clawc.chips.chip import Chip
from clawc.passes.framework.pipeline import Step
from clawc.passes.kernel.kernel import Kernel
from clawc.passes.lower.lower_to_host import LowerToHost
from clawc.runtime.code_memory import FUNCTIONS
from clawc.runtime.elf import read_elf
from clawc.runtime.host_object import MADE_BY_LINKER
from clawc.targets.check_lowered import check_lowered
from clawc.targets.emission import EmissionError, Emitted, KernelFacts
from clawc.targets.llvm_codegen import Machine, assembly, native, object_code, optimize, translate


def lowering(chip: Chip) -> list[Step]:
    """The steps from L4 to the LLVM dialect."""
    return [LowerToHost(chip)]


def emit(module: ir.Module, chip: Chip, *, stage: str, opt_level: int = 3) -> Emitted:
    """Code of the lowered `module`; `stage` is "llvm", "asm", or "bin" and "image" (object)."""
    root = module.operation
    check_lowered(root)
    machine = _machine(chip, opt_level)
    facts: dict[str, KernelFacts] = {
        entry: {}
        for op in module.body.operations
        if (entry := Kernel(op.operation).entry) is not None
    }
    text = translate(root, machine)
    if stage == "llvm":
        return Emitted(text.encode(), "llvm", facts)
    optimized = optimize(text, machine)
    if stage == "asm":
        return Emitted(assembly(optimized, machine).encode(), "asm", facts)
    data = object_code(optimized, machine)
    _check_symbols(data, chip)
    return Emitted(data, "object", facts)


def _check_symbols(data: bytes, chip: Chip) -> None:
    """What else the code generator asks for, the runtime does not look for."""
    missing = (
        set(read_elf(data).undefined) - FUNCTIONS - {MADE_BY_LINKER}
        if data[:4] == b"\x7fELF"
        else set()
    )
    if missing:
        names = ", ".join(sorted(missing))
        raise EmissionError(f"{chip.spec} lacks instructions: its code would call {names}")


def _machine(chip: Chip, opt_level: int) -> Machine:
    if chip.native:
        triple, cpu, features = native()
    else:
        triple, cpu, features = chip.triple, chip.cpu, chip.feature
    if "x86" in triple:  # LLVM may halve vectors for the clock's sake; a tile keeps them busy
        features = f"{features},-prefer-256-bit".removeprefix(",")
    return Machine(triple, cpu, features, "pic", "default", opt_level)
