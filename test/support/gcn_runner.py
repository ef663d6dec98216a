"""Runs LLVM IR on the emulated AMD chips: what LLVM selects for it, the emulator executes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import llvmlite.binding as llvm
import numpy as np

from clawc.emulators.gcn.machine import load
from clawc.emulators.interface import Launch, Options, Outcome
from clawc.emulators.memory import GlobalMemory
from clawc.targets.hsaco.link import link

THREADS = 64
TYPES = {
    **{"i16": np.int16, "i32": np.int32, "i64": np.int64},
    **{"half": np.float16, "float": np.float32, "double": np.float64},
}


@cache
def compiled(text: str, chip: str) -> bytes:
    """The HSACO of LLVM IR, straight from instruction selection: nothing is folded before."""
    return link(object_of(text, chip))


def object_of(text: str, chip: str) -> bytes:
    """The same before it is linked."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    module = llvm.parse_assembly(f'target triple = "amdgcn-amd-amdhsa"\n{text}')
    target = llvm.Target.from_triple("amdgcn-amd-amdhsa")
    return target.create_target_machine(cpu=chip, opt=2).emit_object(module)


def launch(
    data: bytes,
    chip: str,
    arguments: Sequence[np.ndarray | int],
    *,
    name: str = "k",
    threads: int = THREADS,
    grid: int = 1,
    shared: int = 0,
    options: Options | None = None,
) -> Outcome:
    """Run a kernel on arrays, which it changes, and then integers."""
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]
    scalars = [int(a) for a in arguments if not isinstance(a, np.ndarray)]
    memory = GlobalMemory()
    buffers = [memory.alloc(array.nbytes) for array in arrays]
    for buffer, array in zip(buffers, arrays, strict=True):
        memory.write(buffer, array.reshape(-1).view(np.uint8))
    asked = Launch(grid, threads, shared, buffers, scalars)
    outcome = load(data, chip)[name].run(asked, memory, options or Options())
    for buffer, array in zip(buffers, arrays, strict=True):
        array.reshape(-1).view(np.uint8)[:] = memory.read(buffer, array.nbytes)
    return outcome


def kernel(body: str, sources: Sequence[str], result: str, head: str = "") -> str:
    """A kernel that computes %r of %a, %b, %c for each thread; %t is the thread."""
    names = "abc"[: len(sources)]
    arguments = [f"ptr addrspace(1) noalias %p{n}" for n in (*names, "r")]
    loads = [
        f"  %q{n} = getelementptr {type}, ptr addrspace(1) %p{n}, i32 %t\n"
        f"  %{n} = load {type}, ptr addrspace(1) %q{n}"
        for n, type in zip(names, sources, strict=True)
    ]
    return f"""
declare i32 @llvm.amdgcn.workitem.id.x()
{head}
define amdgpu_kernel void @k({", ".join(arguments)}) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
{chr(10).join(loads)}
{body}
  %qr = getelementptr {result}, ptr addrspace(1) %pr, i32 %t
  store {result} %r, ptr addrspace(1) %qr
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="{THREADS},{THREADS}" }}
"""


def compute(
    chip: str, body: str, arrays: Sequence[np.ndarray], result: str, head: str = ""
) -> np.ndarray:
    """%r of 64 threads, each with its elements of the arrays."""
    names = {np.dtype(dtype): name for name, dtype in TYPES.items()}
    sources = [names[array.dtype] for array in arrays]
    data = compiled(kernel(body, sources, result, head), chip)
    output = np.zeros(THREADS, TYPES[result])
    outcome = launch(data, chip, [*arrays, output])
    assert not outcome.findings, outcome.findings
    return output
