"""Runs PTX text on the emulator: whole kernels, or a few instructions put into one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence

import numpy as np

from clawc.emulators.interface import Finding, Launch, Options, Outcome
from clawc.emulators.memory import GlobalMemory
from clawc.emulators.ptx.machine import load
from clawc.targets.ptxas import find_ptxas


def launch(
    text: str,
    name: str,
    grid: int,
    workgroup: int,
    arguments: Sequence[np.ndarray | int | Callable[[list[int]], bytes]],
    *,
    indirect: Sequence[np.ndarray] = (),
    shared: int = 0,
    options: Options | None = None,
) -> Outcome:
    """Run a kernel on arrays, which it changes, and then integers and structures: a function
    makes a structure's bytes from the addresses of the arrays and of those that are `indirect`."""
    memory = GlobalMemory()
    passed = [a for a in arguments if isinstance(a, np.ndarray)]
    arrays = [*passed, *indirect]
    buffers = [memory.alloc(array.nbytes) for array in arrays]
    addresses = [buffer.address for buffer in buffers]
    others = [a for a in arguments if not isinstance(a, np.ndarray)]
    scalars = [a(addresses) if callable(a) else int(a) for a in others]
    for buffer, array in zip(buffers, arrays, strict=True):
        memory.write(buffer, array.reshape(-1).view(np.uint8))
    kernel = load(text.encode(), "sm_90")[name]
    count = len(passed)
    asked = Launch(grid, workgroup, shared, buffers[:count], scalars, buffers[count:])
    outcome = kernel.run(asked, memory, options or Options())
    for buffer, array in zip(buffers, arrays, strict=True):
        array.reshape(-1).view(np.uint8)[:] = memory.read(buffer, array.nbytes)
    return outcome


REGISTERS = """
    .reg .pred %p<8>; .reg .b16 %h<16>; .reg .b32 %r<64>; .reg .b64 %d<32>;
    .reg .f32 %f<16>; .reg .f64 %fd<16>;
"""


def kernel(body: str, parameters: int = 2, head: str = "", shared: str = "") -> str:
    """A kernel @k with pointers %d0, %d1, ... and the thread's number in %r0."""
    declared = ", ".join(f".param .u64 p{i}" for i in range(parameters))
    loads = "\n".join(f"    ld.param.u64 %d{i}, [p{i}];" for i in range(parameters))
    return f""".version 8.0
.target sm_90
.address_size 64
{head}
.visible .entry k({declared})
{{
{REGISTERS}
{shared}
{loads}
    mov.u32 %r0, %tid.x;
{body}
    ret;
}}
"""


SIZES = {"8": 1, "16": 2, "32": 4, "64": 8}


def compute(
    instruction: str, result: str, operands: Sequence[tuple[str, np.ndarray]]
) -> np.ndarray:
    """`add.s32` on arrays, a thread an element: operand i is in %i0, %i1, ... of its type.

    The text's `$d`, `$0`, `$1`, ... stand for the result and the operands.
    """
    registers = {"pred": "%p", "16": "%h", "32": "%r", "64": "%d"}

    def register(type_: str, number: int) -> str:
        return f"{registers[width(type_)]}{number}"

    lines, text = [], instruction
    for i, (type_, array) in enumerate(operands):
        size = array.dtype.itemsize
        name = register(type_, 12 + i if width(type_) == "16" else 20 + i)
        text = text.replace(f"${i}", name)
        lines += [f"mul.wide.u32 %d10, %r0, {size};", f"add.u64 %d11, %d{i}, %d10;"]
        lines.append(f"ld.global.b{8 * size} {name}, [%d11];")
    out = register(result, 15 if width(result) == "16" else 31)
    size = int(width(result)) // 8
    last = len(operands)
    lines.append(text.replace("$d", out) + ";")
    lines += [f"mul.wide.u32 %d10, %r0, {size};", f"add.u64 %d11, %d{last}, %d10;"]
    lines.append(f"st.global.b{8 * size} [%d11], {out};")
    count = len(operands[0][1])
    found = np.zeros(count, f"u{size}")
    arrays = [np.ascontiguousarray(array) for _, array in operands]
    text = kernel("\n".join(lines), parameters=last + 1)
    outcome = launch(text, "k", 1, count, [*arrays, found])
    assert not outcome.findings, outcome.findings
    return found


def width(type_: str) -> str:
    digits = "".join(c for c in type_.partition("x")[0] if c.isdigit())
    return {"8": "16"}.get(digits, digits)


def kinds(findings: Sequence[Finding]) -> set[str]:
    return {finding.kind for finding in findings}


def assembled(text: str, chip: str = "sm_90a") -> None:
    """NVIDIA's assembler, where there is one, takes the text: so that we accept no more than it."""
    assembler = find_ptxas()
    if assembler is None:
        return
    command = [str(assembler), f"-arch={chip}", "-", "-o", os.devnull]
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
