"""AMD's machine code: code objects by LLVM's disassembler, and what their instructions do.

Names are those of AMD's manuals "CDNA3 Instruction Set Architecture" and "RDNA3 …".
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.static.instructions import Code, Flow, Instruction
from clawc.targets.hsaco.metadata import metadata

CLASSES = (
    ("matrix", r"v_s?mfma|v_smfmac|v_s?wmma|v_swmmac"),
    ("async copy", r"global_load_lds|buffer_load\S* .*\blds\b|global_load_async"),
    ("global load", r"(global|buffer|flat)_load"),
    ("global store", r"(global|buffer|flat)_store"),
    ("shared load", r"ds_(read|load)"),
    ("shared store", r"ds_(write|store)"),
    ("local", r"scratch_"),
    ("fma", r"v_(fma|fmac|mac|pk_fma|pk_mul_add|dual_fmac|dot2)"),
    ("special", r"v_(exp|log|rcp|rsq|sqrt|sin|cos)"),
    ("shuffle", r"ds_(bpermute|permute|swizzle)|v_permlane|v_mov_b32_dpp"),
    ("wait", r"s_(wait|barrier|nop|delay|sleep)"),
    ("atomic", r"\w*atomic"),
    ("branch", r"s_(c?branch|endpgm|setpc|swappc)"),
    ("scalar", r"s_"),
    ("float", r"v_(dual_)?(pk_)?(add|mul|sub|subrev|max|min|cvt|cmp_\w+|cndmask)_\w*f(16|32|64)"),
    ("integer", r""),
)
_PRODUCT = re.compile(r"v_(?:s?mfma|smfmac|s?wmma|swmmac)_\w+?_(\d+)x(\d+)x(\d+)(?:_(\d+)b)?")
_VECTOR_FLOP = (  # of one lane; the packed ones first
    *((r"v_pk_fma_f32|v_pk_fma_f16|v_dot2", 4), (r"v_pk_(add|mul)_f", 2)),
    *((r"v_(fma|fmac|mac|mad)_", 2), (r"v_(add|mul|sub|subrev)_f", 1)),
)
_WIDTHS = {"b128": 16, "dwordx4": 16, "b96": 12, "dwordx3": 12, "b64": 8, "dwordx2": 8}
_WIDTHS |= {"b32": 4, "dword": 4, "short": 2, "ushort": 2, "d16": 2, "u16": 2, "b16": 2}
_WIDTHS |= {"i16": 2, "u8": 1, "i8": 1, "byte": 1, "ubyte": 1, "b8": 1}


def flop(instruction: Instruction, lanes: int) -> int:
    """Of one instruction of one wave."""
    if found := _PRODUCT.match(instruction.name):
        m, n, k = (int(part) for part in found.groups()[:3])
        return 2 * m * n * k * int(found[4] or 1)
    if instruction.name.startswith("v_dual_"):
        said = f"{instruction.name} {instruction.operands}"
        halves = re.findall(r"v_dual_(\w+)", said)
        return lanes * sum(_of_lane(f"v_{half}") for half in halves)
    return lanes * _of_lane(instruction.name)


def _of_lane(name: str) -> int:
    return next((n for pattern, n in _VECTOR_FLOP if re.match(pattern, name)), 0)


def global_bytes(instruction: Instruction) -> int:
    """That a lane moves from or to global memory."""
    if not re.match(r"(global|buffer|flat)_(load|store)", instruction.name):
        return 0
    return next((_WIDTHS[word] for word in instruction.name.split("_") if word in _WIDTHS), 0)


def disassembler() -> str | None:
    return next((t for t in ("llvm-objdump-22", "llvm-objdump") if shutil.which(t)), None)


def versions() -> str:
    run = subprocess.run([disassembler() or "llvm-objdump", "--version"], capture_output=True)
    found = re.search(r"LLVM version ([\d.]+)", run.stdout.decode())
    return f"llvm-objdump {found[1] if found else '?'}"


def kernels(image: bytes, threads: dict[str, int], shared: dict[str, int]) -> list[Code]:
    """The code of each kernel of a code object, given what a launch adds."""
    functions = read(_disassembled(image))
    return [
        Code(
            name := facts[".name"],
            functions[name],
            facts[".wavefront_size"],
            threads[name],
            # metadata counts the accumulators of CDNA among the vector registers
            facts[".vgpr_count"],
            facts[".group_segment_fixed_size"] + shared[name],
            4 * facts.get(".vgpr_spill_count", 0),
            len(image),
        )
        for facts in metadata(image)["amdhsa.kernels"]
    ]


def _disassembled(image: bytes) -> str:
    tool = disassembler()
    if tool is None:
        raise FileNotFoundError("no llvm-objdump: apt-get install llvm-22")
    with tempfile.TemporaryDirectory(prefix="static-") as folder:
        path = Path(folder, "kernels.hsaco")
        path.write_bytes(image)
        command = [tool, "-d", "--no-show-raw-insn", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def read(text: str) -> dict[str, tuple[Instruction, ...]]:
    """The instructions of each function that `llvm-objdump -d` printed, up to its end."""
    functions: dict[str, list[Instruction]] = {}
    found: list[Instruction] = []
    start = 0
    for line in text.splitlines():
        if head := re.match(r"([0-9a-f]+) <(\S+)>:", line):
            start, found = int(head[1], 16), functions.setdefault(head[2], [])
        elif said := re.match(r"\s+(\S+)(.*?)\s*//\s*([0-9A-F]+):?(.*)$", line):
            found.append(_instruction(said[1], said[2], said[3], said[4], start))
    return {name: _whole(code) for name, code in functions.items()}


def _instruction(name: str, operands: str, address: str, beside: str, start: int) -> Instruction:
    target = None
    if "branch" in name and (to := re.search(r"<\S+?(?:\+0x([0-9a-f]+))?>", beside)):
        target = start + int(to[1] or "0", 16)
    flow = Flow.ON
    if name.startswith("s_cbranch"):
        flow = Flow.BRANCH
    elif name.startswith("s_branch"):
        flow = Flow.JUMP
    elif name in ("s_endpgm", "s_setpc_b64"):
        flow = Flow.END
    return Instruction(int(address, 16), name, operands.strip(), flow, target)


def _whole(code: list[Instruction]) -> tuple[Instruction, ...]:
    """Without what fills the function's last line of the cache."""
    ends = [i for i, each in enumerate(code) if each.flow is Flow.END]
    return tuple(code[: ends[-1] + 1]) if ends else tuple(code)
