"""Compiles a program of `llvm_programs` for a GPU or the host, and runs it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import llvmlite.binding as llvm
import numpy as np
from llvm_host_library import LIBRARY
from llvm_programs import SLICE, Program, Statement, body_text, offsets

from clawc.emulators.gcn import machine as gcn_machine
from clawc.emulators.interface import Launch, Options, Outcome
from clawc.emulators.memory import GlobalMemory
from clawc.emulators.ptx import machine as ptx_machine
from clawc.targets.hsaco.link import link

GRID, WORKGROUP = 3, 48  # a whole warp and a half one; three quarters of a wave of 64
THREADS = GRID * WORKGROUP
SHARED = 1024  # bytes

_NVIDIA = (
    "nvptx64-nvidia-cuda",
    "llvm.nvvm.read.ptx.sreg.tid.x",
    "llvm.nvvm.read.ptx.sreg.ctaid.x",
)
_AMD = ("amdgcn-amd-amdhsa", "llvm.amdgcn.workitem.id.x", "llvm.amdgcn.workgroup.id.x")
_BARRIERS = {
    _NVIDIA: "  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)",
    _AMD: '  fence syncscope("workgroup") release\n'
    "  call void @llvm.amdgcn.s.barrier()\n"
    '  fence syncscope("workgroup") acquire',
}
_OF_NVIDIA = {"addrspace(5)": "addrspace(0)", '"agent"': '"device"', '"workgroup"': '"block"'}
_POINTERS = ", ".join(f"ptr addrspace(1) noalias %{n}" for n in ("records", "common", "results"))
_ARGUMENTS = f"{_POINTERS}, ptr addrspace(1) noalias %heap"
_KERNEL = """{head}
@shared = internal addrspace(3) global [{shared} x i8] poison, align 16
define {convention} void @k({arguments}) {attributes} {{
entry:
  %tid = call i32 @{tid}()
  %group = call i32 @{group}()
  %first = mul i32 %group, {workgroup}
  %thread = add i32 %first, %tid
  %shared = getelementptr i8, ptr addrspace(3) @shared, i32 0
{addresses}
{entry}
{body}
}}
"""
_PHASE = """
define void @phase{number}(i32 %thread, ptr addrspace(3) %shared, {arguments}) {{
entry:
{addresses}
{entry}
{body}
}}
"""


def _addresses(program: Program) -> str:
    record = offsets(program.variables)[1]
    return f"""
  %record = mul i32 %thread, {record}
  %in = getelementptr i8, ptr addrspace(1) %records, i32 %record
  %mine = getelementptr i8, ptr addrspace(1) %results, i32 %record
  %place = mul i32 %thread, {SLICE}
  %slice = getelementptr i8, ptr addrspace(1) %heap, i32 %place
  %cells = getelementptr i8, ptr addrspace(1) %heap, i32 {SLICE * THREADS}"""


@dataclass(eq=False)
class Data:
    """The memory that a program starts with, or leaves behind; all are bytes."""

    records: np.ndarray
    common: np.ndarray
    results: np.ndarray
    heap: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        return self.records, self.common, self.results, self.heap

    def copy(self) -> Data:
        return Data(*(array.copy() for array in self.arrays))


def kernel_text(program: Program, chip: str) -> str:
    """The IR of a program for a GPU."""
    amd = chip.startswith("gfx")
    triple, tid, group = target = _AMD if amd else _NVIDIA
    attributes = f'"amdgpu-flat-work-group-size"="{WORKGROUP},{WORKGROUP}"' if amd else ""
    text = _KERNEL.format(
        **{"head": program.head, "entry": program.entry, "arguments": _ARGUMENTS},
        **{"tid": tid, "group": group, "workgroup": WORKGROUP, "shared": SHARED},
        convention="amdgpu_kernel" if amd else "ptx_kernel",
        attributes=attributes,
        addresses=_addresses(program),
        body=body_text(program, program.phases, _BARRIERS[target], "%in"),
    )
    for name, of_nvidia in () if amd else _OF_NVIDIA.items():
        text = text.replace(name, of_nvidia)
    layout = _machine(chip).target_data
    return f'target triple = "{triple}"\ntarget datalayout = "{layout}"\n{text}'


def host_text(program: Program) -> str:
    """The IR of a program for the host: a function for what lies between two barriers."""
    phases = [
        _PHASE.format(
            **{"number": i, "arguments": _ARGUMENTS, "entry": program.entry},
            addresses=_addresses(program),
            body=body_text(program, [phase], "", "%mine" if i else "%in"),
        )
        for i, phase in enumerate(program.phases)
    ]
    text = "\n".join([LIBRARY, program.head, *phases]).replace("addrspace(5)", "addrspace(0)")
    machine = _machine("host")
    layout, triple = machine.target_data, machine.triple
    return f'target triple = "{triple}"\ntarget datalayout = "{layout}"\n{text}'


def _features(program: Program, chip: str) -> str:
    """LLVM 22 for gfx11, with names for halves of registers, loses variables of 16 bits in loops
    and branches (as which it may write atomics, too): it packs two into one register and
    overwrites the half that is still needed."""
    straight = all(isinstance(node, Statement) for node in program.body)
    return "-real-true16" if chip.startswith("gfx11") and not straight else ""


@cache
def _machine(chip: str, features: str = "") -> llvm.TargetMachine:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    if chip == "host":
        # Its conversion to bf16 in one instruction takes denormals for zeros.
        features = llvm.get_host_cpu_features()
        features.update({name: False for name in features if name.startswith("avx512")})
        return llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=2, jit=True
        )
    triple = (_AMD if chip.startswith("gfx") else _NVIDIA)[0]
    target = llvm.Target.from_triple(triple)
    return target.create_target_machine(cpu=chip, features=features, opt=2)


def parsed(text: str, chip: str, optimized: bool) -> llvm.ModuleRef:
    """The module, verified; `optimized` by the passes of -O2 or as it is written."""
    module = llvm.parse_assembly(text)
    module.verify()
    if optimized:
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        builder = llvm.create_pass_builder(_machine(chip), options)
        builder.getModulePassManager().run(module, builder)
    return module


def image(program: Program, chip: str, optimized: bool) -> bytes:
    """PTX or an HSACO."""
    module = parsed(kernel_text(program, chip), chip, optimized)
    machine = _machine(chip, _features(program, chip))
    if chip.startswith("gfx"):
        return link(machine.emit_object(module))
    return machine.emit_assembly(module).encode()


def run_on_gpu(
    program: Program, chip: str, data: Data, optimized: bool, options: Options | None = None
) -> Outcome:
    """Execute a program on an emulated chip; it changes `data`."""
    code = image(program, chip, optimized)
    memory = GlobalMemory()
    buffers = [memory.alloc(array.nbytes) for array in data.arrays]
    for buffer, array in zip(buffers, data.arrays, strict=True):
        memory.write(buffer, array)
    machine = gcn_machine if chip.startswith("gfx") else ptx_machine
    asked = Launch(GRID, WORKGROUP, 0, buffers, ())
    outcome = machine.load(code, chip)["k"].run(asked, memory, options or Options())
    for buffer, array in zip(buffers, data.arrays, strict=True):
        array[:] = memory.read(buffer, array.nbytes)
    return outcome


def run_on_host(program: Program, data: Data, optimized: bool) -> None:
    """Execute a program thread by thread, and phase by phase where barriers part it."""
    module = parsed(host_text(program), "host", optimized)
    jit = llvm.create_lljit_compiler(_machine("host"))
    builder = llvm.JITLibraryBuilder().add_ir(str(module))
    names = [f"phase{i}" for i in range(len(program.phases))]
    for name in names:
        builder.export_symbol(name)
    library = builder.link(jit, "program")
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_int32, *[ctypes.c_void_p] * 5)
    functions = [prototype(library[name]) for name in names]
    shared = np.zeros(SHARED, np.uint8)
    addresses = [array.ctypes.data for array in (shared, *data.arrays)]
    for group in range(GRID):
        for function in functions:
            for thread in range(group * WORKGROUP, (group + 1) * WORKGROUP):
                function(thread, *addresses)
