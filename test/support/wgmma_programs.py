"""One `wgmma` on matrices whose bytes are laid out here, element by element, as the manual says."""

from __future__ import annotations

from dataclasses import dataclass

import ml_dtypes
import numpy as np
from ptx_runner import launch

from clawc.emulators.interface import Options, Outcome

M, THREADS, A_SPACE = 64, 128, 20480  # bytes of shared memory before B
EXTRA = 40960  # bytes before what a test puts into shared memory besides
DTYPES = {
    **{"f16": np.float16, "bf16": ml_dtypes.bfloat16, "tf32": np.float32},
    **{"e4m3": ml_dtypes.float8_e4m3fn, "e5m2": ml_dtypes.float8_e5m2},
    **{"s8": np.int8, "u8": np.uint8, "f32": np.float32, "s32": np.int32},
}
_MODES = {16: 0, 128: 1, 64: 2, 32: 3}  # the descriptor's bits of each width of a swizzle


@dataclass(frozen=True)
class Placed:
    """How a matrix lies: the width of the swizzle in bytes, and along what its elements go."""

    width: int = 128
    k_major: bool = True
    leading: int = 4096
    stride: int = 1024

    def address(self, row: int, k: int, size: int) -> int:
        """Of an element of `size` bytes, before the swizzle, from the start of the matrix."""
        near, far = (k, row) if self.k_major else (row, k)
        near *= size
        if self.width > 16 or self.k_major:
            across, along = self.leading, self.stride
        else:
            across, along = self.stride, self.leading
        inside = far % 8 * self.width + near % self.width
        return inside + near // self.width * across + far // 8 * along

    def descriptor(self, start: int) -> int:
        fields = (start >> 4) | (self.leading >> 4) << 16 | (self.stride >> 4) << 32
        return fields | _MODES[self.width] << 62

    def write(self, memory: np.ndarray, start: int, matrix: np.ndarray) -> None:
        """Put [rows, K] into bytes; what is nobody's stays what it was."""
        size = matrix.itemsize
        for row, k in np.ndindex(*matrix.shape):
            place = start + self.address(row, k, size)
            place ^= (place >> 7 & (self.width // 16 - 1)) << 4
            memory[place : place + size] = np.frombuffer(matrix[row, k].tobytes(), np.uint8)


def program(opcode: str, registers: int, a: Placed, b: Placed, **parts: str) -> str:
    """The parts may be replaced: see the defaults."""
    names = [f"%c{i}" for i in range(registers)]
    part = {
        "shared": ".shared .align 1024 .b8 s[49152];",
        "clear": "\n".join(f"mov.b32 {name}, 0;" for name in names),
        "fence": "wgmma.fence.sync.aligned;",
        "descriptor": f"{b.descriptor(A_SPACE)}",
        "proxy": "fence.proxy.async;",
        "scale": "%one",
        "rest": ", 1, 1",
        "between": "",
        "commit": "wgmma.commit_group.sync.aligned;",
        "wait": "wgmma.wait_group.sync.aligned 0;",
        **parts,
    }
    stores = [f"st.global.b32 [%o+{4 * i}], {name};" for i, name in enumerate(names)]
    return f""".version 8.4
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 p0, .param .u64 p1)
{{
.reg .pred %p, %one; .reg .b32 %t, %n, %q<8>, %c<{registers}>; .reg .b64 %i, %o, %w, %da, %db;
.reg .b32 %x<8>;
{part["shared"]}
ld.param.u64 %i, [p0]; ld.param.u64 %o, [p1];
mov.u32 %t, %tid.x;
setp.eq.u32 %one, 0, 0;
mul.wide.u32 %w, %t, {4 * registers};
add.u64 %o, %o, %w;
mul.lo.u32 %n, %t, 16;
mul.wide.u32 %w, %t, 16;
add.u64 %i, %i, %w;
mov.u32 %q4, s;
add.u32 %q4, %q4, %n;
COPY:
ld.global.v4.b32 {{%q0, %q1, %q2, %q3}}, [%i];
st.shared.v4.b32 [%q4], {{%q0, %q1, %q2, %q3}};
add.u64 %i, %i, {16 * THREADS};
add.u32 %q4, %q4, {16 * THREADS};
add.u32 %n, %n, {16 * THREADS};
setp.lt.u32 %p, %n, 49152;
@%p bra COPY;
{part["proxy"]}
bar.sync 0;
mov.b64 %da, {a.descriptor(0)};
mov.b64 %db, {part["descriptor"]};
{part["clear"]}
{part["fence"]}
{opcode} {{{", ".join(names)}}}, %da, %db, {part["scale"]}{part["rest"]};
{part["between"]}
{part["commit"]}
{part["wait"]}
{" ".join(stores)}
ret;
}}
"""


def run(
    text: str, a: np.ndarray, b: np.ndarray, places: tuple[Placed, Placed], result: str,
    options: Options | None = None, extra: np.ndarray | None = None,
) -> tuple[np.ndarray, Outcome]:  # fmt: skip
    """What the registers hold at the end, as a matrix [64, columns]; B is given as [columns, K]."""
    memory = np.zeros(49152, np.uint8)
    places[0].write(memory, 0, a)
    places[1].write(memory, A_SPACE, b)
    if extra is not None:
        data = np.ascontiguousarray(extra).reshape(-1).view(np.uint8)
        memory[EXTRA : EXTRA + len(data)] = data
    columns = len(b)
    dtype = np.dtype(DTYPES[result])
    out = np.zeros((THREADS, columns * M // THREADS), dtype)
    outcome = launch(text, "k", 1, THREADS, [memory, out], options=options)
    found = np.zeros((M, columns), dtype)
    for thread, i in np.ndindex(*out.shape):
        row = 16 * (thread // 32) + thread % 32 // 4 + 8 * (i // 2 % 2)
        found[row, 8 * (i // 4) + 2 * (thread % 4) + i % 2] = out[thread, i]
    return found, outcome
