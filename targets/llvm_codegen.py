"""From the LLVM dialect through LLVM: translate, optimise, emit; llvmlite has the generators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlir import ir

from clawc.targets.emission import EmissionError

if TYPE_CHECKING:
    import llvmlite.binding as llvm


@dataclass(frozen=True)
class Machine:
    """What LLVM is told about the target.  It takes a CPU that it does not know without a word."""

    triple: str
    cpu: str
    features: str = ""
    relocation: str = "default"
    code_model: str = "default"
    opt_level: int = 3


def translate(
    root: ir.Operation, machine: Machine, flags: Mapping[str, int] = MappingProxyType({})
) -> str:
    """LLVM IR of `root`, a module or `gpu.module` in the LLVM dialect, with module `flags`.

    Check `root` before: what has no translation crashes here.
    """
    from mlir.dialects.llvm import (
        translate_module_to_llvmir,  # pyright: ignore[reportAttributeAccessIssue]  # the stubs lack it
    )

    # Without the data layout, the natural alignments of i64 and of vectors would come out wrong.
    layout = str(_target_machine(machine).target_data)
    with root.context, ir.Location.unknown():
        root.attributes["llvm.data_layout"] = ir.StringAttr.get(layout)
        root.attributes["llvm.target_triple"] = ir.StringAttr.get(machine.triple)
        if not flags:
            return translate_module_to_llvmir(root)
        rows = (f'#llvm.mlir.module_flag<error, "{k}", {v} : i32>' for k, v in flags.items())
        flag_op = ir.Operation.parse(f"llvm.module_flags [{', '.join(rows)}]")
        ir.InsertionPoint.at_block_begin(root.regions[0].blocks[0]).insert(flag_op)
        text = translate_module_to_llvmir(root)
        flag_op.erase()  # the module may be translated again, and flags must be unique
        return text


def optimize(text: str, machine: Machine) -> llvm.ModuleRef:
    """The module of LLVM IR `text`, optimised if the machine's level is not 0.

    Kernels arrive unrolled and in vectors: LLVM's first level finds all that there is to find.  The
    higher ones gave the same code in up to twice the time, and unrolled the loops of edges.
    """
    import llvmlite.binding as llvm

    target_machine = _target_machine(machine)
    try:
        module = llvm.parse_assembly(text, llvm.create_context())
        module.verify()
    except RuntimeError as error:
        raise EmissionError(f"LLVM rejects the translated IR: {error}") from None
    options = llvm.create_pipeline_tuning_options(speed_level=min(machine.opt_level, 1))
    builder = llvm.create_pass_builder(target_machine, options)
    builder.getModulePassManager().run(module, builder)
    return module


def assembly(module: llvm.ModuleRef, machine: Machine) -> str:
    """Assembly text, or PTX.  Emission changes the module and cannot run twice, hence the clone."""
    return _target_machine(machine).emit_assembly(module.clone())


def object_code(module: llvm.ModuleRef, machine: Machine) -> bytes:
    """A relocatable object."""
    return _target_machine(machine).emit_object(module.clone())


@cache
def _target_machine(machine: Machine) -> llvm.TargetMachine:
    import llvmlite.binding as llvm

    # llvmlite offers all targets or the native one; all take 2 ms.
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    return llvm.Target.from_triple(machine.triple).create_target_machine(
        cpu=machine.cpu,
        features=machine.features,
        opt=machine.opt_level,
        reloc=machine.relocation,
        codemodel=machine.code_model,
    )


@cache
def native() -> tuple[str, str, str]:
    """The triple, CPU and features of the processor that this runs on."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    return llvm.get_process_triple(), llvm.get_host_cpu_name(), features
