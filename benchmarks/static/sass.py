"""NVIDIA's machine code: PTX through ptxas, SASS by nvdisasm, and what its instructions do.

Names are those of NVIDIA's "CUDA Binary Utilities", chapter "Instruction Set Reference".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks.static.instructions import Code, Flow, Instruction
from clawc.targets.ptxas import assemble, find_ptxas

CLASSES = (
    ("matrix", r"HMMA|HGMMA|QGMMA|IMMA|IGMMA|DMMA|UTC\w*MMA"),
    ("async copy", r"LDGSTS|UTMALDG|UBLKCP"),
    ("global load", r"LDG\b|LD\b"),
    ("global store", r"STG\b|ST\b|UTMASTG"),
    ("shared load", r"LDS\b|LDSM"),
    ("shared store", r"STS\b|STSM"),
    ("local", r"LDL|STL"),
    ("fma", r"FFMA|HFMA2|DFMA"),
    ("special", r"MUFU"),
    ("shuffle", r"SHFL"),
    ("wait", r"BAR|SYNCS|WARPSYNC|DEPBAR|LDGDEPBAR|WARPGROUP"),
    ("atomic", r"RED|ATOM"),
    ("branch", r"BRA|EXIT|RET|BSSY|BSYNC|CALL"),
    ("float", r"F\w*|H\w*|D(ADD|MUL|SETP|SET)"),
    ("integer", r""),
)
_LANES = 32
_MMA = re.compile(r"(?:HMMA|IMMA)\.(\d+)")
_MMA_SHAPES = {"884": 8 * 8 * 4, "1688": 16 * 8 * 8, "16816": 16 * 8 * 16, "16832": 16 * 8 * 32}
_GROUP_MMA = re.compile(r"(?:HGMMA|IGMMA|QGMMA)\.(\d+)x(\d+)x(\d+)")
_WARPS_OF_GROUP = 4
_VECTOR_FLOP = (  # of one thread; the packed ones first
    *((r"FFMA2", 4), (r"FFMA", 2), (r"FADD2|FMUL2", 2), (r"FADD|FMUL", 1)),
    *((r"HFMA2", 4), (r"HADD2|HMUL2", 2), (r"DFMA", 2), (r"DADD|DMUL", 1)),
)


def flop(instruction: Instruction) -> int:
    """Of one instruction of one warp; a warp group's products are shared among its warps."""
    if found := _MMA.match(instruction.name):
        return 2 * _MMA_SHAPES[found[1]]
    if found := _GROUP_MMA.match(instruction.name):
        m, n, k = map(int, found.groups())
        return 2 * m * n * k // _WARPS_OF_GROUP
    each = (n for pattern, n in _VECTOR_FLOP if re.match(pattern, instruction.name))
    return _LANES * next(each, 0)


def global_bytes(instruction: Instruction) -> int:
    """That a thread moves from or to global memory; copies by TMA move what a descriptor says, and
    count as 0."""
    if not re.match(r"(LDG|STG|LDGSTS)\b", instruction.name):
        return 0
    width = re.search(r"\.(?:[US]?(8|16|64|128))\b", instruction.name)
    return int(width[1]) // 8 if width else 4


def disassembler() -> str | None:
    """nvdisasm from `NVDISASM`, the path, or Triton's package."""
    named = os.environ.get("NVDISASM") or shutil.which("nvdisasm")
    spec = None if named else find_spec("triton")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, "backends/nvidia/bin/nvdisasm")
        named = str(path) if path.exists() else named
    return named


def versions() -> str:
    """Of the tools, for who reads the figures."""
    said = []
    for name, tool in (("ptxas", find_ptxas()), ("nvdisasm", disassembler())):
        run = subprocess.run([tool or name, "--version"], capture_output=True, text=True)
        found = re.search(r"V([\d.]+)", run.stdout)
        said.append(f"{name} {found[1] if found else '?'}")
    return ", ".join(said)


def kernels(ptx: str, chip: str, threads: dict[str, int], shared: dict[str, int]) -> list[Code]:
    """The code of each kernel of `ptx`, given what a launch adds: threads, and dynamic bytes."""
    cubin, resources = assemble(ptx, chip)
    return [
        Code(
            name,
            instructions,
            _LANES,
            threads[name],
            resources[name].get("registers", 0),
            resources[name].get("shared", 0) + shared[name],
            resources[name].get("spills", 0),
            len(cubin),
        )
        for name, instructions in read(_disassembled(cubin)).items()
    ]


def _disassembled(cubin: bytes) -> str:
    tool = disassembler()
    if tool is None:
        raise FileNotFoundError("no nvdisasm: pip install triton, or name it in NVDISASM")
    with tempfile.TemporaryDirectory(prefix="static-") as folder:
        path = Path(folder, "kernels.cubin")
        path.write_bytes(cubin)
        return subprocess.run([tool, "-c", path], capture_output=True, text=True, check=True).stdout


def read(text: str) -> dict[str, tuple[Instruction, ...]]:
    """The instructions of each function that `nvdisasm -c` printed, padding left out."""
    functions: dict[str, list[tuple[int, str]]] = {}
    labels: dict[str, int] = {}
    found: list[tuple[int, str]] = []
    waiting: list[str] = []
    for line in text.splitlines():
        if section := re.match(r'\s*\.section\s+"?\.text\.([^",]+)', line):
            found, waiting = functions.setdefault(section[1], []), []
        elif label := re.match(r"(\.L_\S+):\s*$", line):
            waiting.append(label[1])
        elif printed := re.match(r"\s*/\*([0-9a-f]+)\*/\s+(.*?)\s*;", line):
            address = int(printed[1], 16)
            labels.update(dict.fromkeys(waiting, address))
            waiting = []
            found.append((address, printed[2]))
    return {
        name: tuple(_instruction(at, said, labels) for at, said in lines if said != "NOP")
        for name, lines in functions.items()
    }


def _instruction(address: int, text: str, labels: dict[str, int]) -> Instruction:
    predicated = text.startswith("@") or re.search(r"^BRA\S*\s+!?U?P\d", text)
    name, _, operands = re.sub(r"^@!?\w+\s+", "", text).partition(" ")
    label = re.search(r"`\((\.L_[^)]+)\)", operands)
    if name.startswith("BRA"):
        flow = Flow.BRANCH if predicated or ".U" in name else Flow.JUMP
        return Instruction(address, name, operands, flow, labels.get(label[1]) if label else None)
    ends = re.match(r"(EXIT|RET)\b", name) and not predicated
    return Instruction(address, name, operands, Flow.END if ends else Flow.ON)
