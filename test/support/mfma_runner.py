"""Runs a matrix instruction of CDNA on NumPy matrices: who holds what, coordinate by coordinate.

After the "AMD Matrix Instruction Calculator" (AMD), which gives the register and the lane of each
element; the emulator goes the other way, from registers to matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import ml_dtypes
import numpy as np
from gcn_runner import compiled, launch

DTYPES = {
    **{"f64": np.float64, "f32": np.float32, "xf32": np.float32, "f16": np.float16},
    **{"bf16": ml_dtypes.bfloat16, "i8": np.int8},
    **{"fp8.fnuz": ml_dtypes.float8_e4m3fnuz, "bf8.fnuz": ml_dtypes.float8_e5m2fnuz},
    **{"fp8.ocp": ml_dtypes.float8_e4m3fn, "bf8.ocp": ml_dtypes.float8_e5m2},
}
RESULTS = {"f32": np.float32, "f64": np.float64, "i32": np.int32}
LLVM = {"f32": "float", "f64": "double", "i32": "i32"}


@dataclass(frozen=True)
class Case:
    """An intrinsic: its name, the LLVM type of a lane's part of A and B, the matrices' extents."""

    name: str  # "f32.32x32x8f16"
    a_type: str  # "<4 x half>"
    m: int
    n: int
    k: int
    blocks: int
    a: str  # a key of DTYPES
    b: str
    result: str
    b_type: str = ""  # as A's unless it is sparse
    family: str = "mfma"

    @property
    def outputs(self) -> int:
        return self.m * self.n * self.blocks // 64


def vector(type: str, count: int) -> str:
    return type if count == 1 else f"<{count} x {type}>"


def text(case: Case, words: tuple[int, int], controls: tuple[int, ...], c: str) -> str:
    """A kernel that loads the lane's words of A, B and C, and stores D; `c` may be a constant."""
    d = vector(LLVM[case.result], case.outputs)
    b_type = case.b_type or case.a_type
    name = f"llvm.amdgcn.{case.family}.{case.name}"
    sparse = case.family == "smfmac"
    index = ", i32" if sparse else ""
    loads = []
    for operand, type in (("a", vector("i32", words[0])), ("b", vector("i32", words[1])), ("c", d)):
        loads.append(
            f"  %q{operand} = getelementptr {type}, ptr addrspace(1) %p{operand}, i32 %t\n"
            f"  %{operand} = load {type}, ptr addrspace(1) %q{operand}, align 4"
        )
    casts = [
        f"  %{x}v = bitcast {vector('i32', count)} %{x} to {type}"
        for x, count, type in zip("ab", words, (case.a_type, b_type), strict=True)
    ]
    passed = ", ".join(f"i32 {control}" for control in controls)
    if sparse:
        passed = "i32 %i, " + passed
        loads.append("  %qi = getelementptr i32, ptr addrspace(1) %pi, i32 %t")
        loads.append("  %i = load i32, ptr addrspace(1) %qi")
    types = f"{case.a_type}, {b_type}, {d}{index}{', i32' * len(controls)}"
    lines = "\n".join((*loads, *casts))
    return f"""
declare i32 @llvm.amdgcn.workitem.id.x()
declare {d} @{name}({types})
define amdgpu_kernel void @k(ptr addrspace(1) %pa, ptr addrspace(1) %pb, ptr addrspace(1) %pc,
    ptr addrspace(1) %pi, ptr addrspace(1) %pr) #0 {{
  %t = call i32 @llvm.amdgcn.workitem.id.x()
{lines}
  %d = call {d} @{name}({case.a_type} %av, {b_type} %bv, {d} {c}, {passed})
  %qr = getelementptr {d}, ptr addrspace(1) %pr, i32 %t
  store {d} %d, ptr addrspace(1) %qr, align 4
  ret void
}}
attributes #0 = {{ "amdgpu-flat-work-group-size"="64,64" }}
"""


def spread_input(x: np.ndarray, held: int) -> np.ndarray:
    """[blocks, side, k] to [64 lanes, held]."""
    blocks, side, depth = x.shape
    out = np.zeros((64, held), x.dtype)
    for block in range(blocks):
        for i in range(side):
            for k in range(depth):
                out[i + block * side + k // held * side * blocks, k % held] = x[block, i, k]
    return out


def gather_input(held: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The way back, where lanes were exchanged in between."""
    blocks, side, depth = like.shape
    out = np.zeros_like(like)
    for block in range(blocks):
        for i in range(side):
            for k in range(depth):
                lane = i + block * side + k // held.shape[1] * side * blocks
                out[block, i, k] = held[lane, k % held.shape[1]]
    return out


def output_place(case: Case, block: int, i: int, j: int) -> tuple[int, int]:
    """The register (or the pair) and the lane of C[i, j] of a block."""
    height = 1 if case.result == "f64" else 4
    per_register = 64 // case.n  # runs of n lanes
    sharing = -(-64 // (case.n * case.m // height))  # blocks in one register
    register = block * (case.m * case.n // 64) + i // (height * per_register) * height + i % height
    lane = block % sharing * case.n + i // height % per_register * sharing * case.n + j
    return register, lane


def run(
    case: Case,
    chip: str,
    a: np.ndarray,  # [lanes, held]
    b: np.ndarray,
    c: np.ndarray,  # [blocks, m, n]
    controls: tuple[int, ...] = (0, 0, 0),
    constant: str = "",
    index: np.ndarray | None = None,
) -> np.ndarray:
    """D as [blocks, m, n]."""
    held_c = np.zeros((64, case.outputs), RESULTS[case.result])
    places = {
        (block, i, j): output_place(case, block, i, j)
        for block in range(case.blocks)
        for i in range(case.m)
        for j in range(case.n)
    }
    assert len(set(places.values())) == 64 * case.outputs
    for where, (register, lane) in places.items():
        held_c[lane, register] = c[where]
    words = a.nbytes // 256, b.nbytes // 256
    code = compiled(text(case, words, controls, constant or "%c"), chip)
    d = np.zeros_like(held_c)
    index = np.zeros(64, np.int32) if index is None else index
    arrays = [np.ascontiguousarray(x).view(np.uint8).copy() for x in (a, b)]
    outcome = launch(code, chip, [*arrays, held_c, index, d])
    assert not outcome.findings, outcome.findings
    depth = case.k // 2 if case.family == "smfmac" else case.k
    assert outcome.counts.matrix_flop == 2 * case.m * case.n * depth * case.blocks
    out = np.zeros_like(c)
    for where, (register, lane) in places.items():
        out[where] = d[lane, register]
    return out
