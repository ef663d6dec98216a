"""Runs `mma` on the emulator: matrices are put into lanes' registers element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ml_dtypes
import numpy as np
from ptx_runner import kernel, launch

from clawc.emulators.interface import Outcome

LANE = np.arange(32)
GROUP, MEMBER = LANE // 4, LANE % 4
Place = Callable[[int], tuple[np.ndarray, np.ndarray]]  # of a lane's i-th element
NUMBERS = {
    **{"f16": np.float16, "bf16": ml_dtypes.bfloat16, "tf32": np.float32, "f32": np.float32},
    **{"f64": np.float64, "s32": np.int32, "s8": np.int8, "u8": np.uint8},
    **{"e4m3": ml_dtypes.float8_e4m3fn, "e5m2": ml_dtypes.float8_e5m2},
    **{"e3m2": ml_dtypes.float6_e3m2fn, "e2m3": ml_dtypes.float6_e2m3fn},
    "e2m1": ml_dtypes.float4_e2m1fn,
}
BITS = {
    **{"f16": 16, "bf16": 16, "tf32": 32, "f32": 32, "f64": 64, "s32": 32, "s8": 8, "u8": 8},
    **{"s4": 4, "u4": 4, "b1": 1, "e4m3": 8, "e5m2": 8, "e3m2": 8, "e2m3": 8, "e2m1": 8},
}


def codes(matrix: np.ndarray, type_: str) -> np.ndarray:
    """The bits of each element, in uint64."""
    if type_ in ("s4", "u4", "b1"):
        return matrix.astype(np.int64).astype(np.uint64) & np.uint64(2 ** BITS[type_] - 1)
    held = np.ascontiguousarray(matrix.astype(NUMBERS[type_]))
    bits = held.view(f"u{held.dtype.itemsize}").astype(np.uint64)
    return bits << np.uint64(2) if type_ == "e2m1" else bits


def packed(matrix: np.ndarray, type_: str, place: Place, bits: int = 0) -> np.ndarray:
    """[lanes, registers]; `bits` an element, if fewer than usual."""
    found = codes(matrix, type_)
    if bits:
        found = found >> np.uint64(2)
    bits = bits or BITS[type_]
    width = 64 if bits == 64 else 32
    count, per = matrix.size // 32, width // bits
    registers = np.zeros((32, max(1, count // per)), f"u{width // 8}")
    for i in range(count):
        row, column = place(i)
        registers[:, i // per] |= (found[row, column] << np.uint64(i % per * bits)).astype(
            registers.dtype
        )
    return registers


def unpacked(registers: np.ndarray, type_: str, shape: tuple[int, int], place: Place) -> np.ndarray:
    """What the lanes hold, as float64."""
    held = np.ascontiguousarray(registers).view(NUMBERS[type_])
    matrix = np.full(shape, np.nan)
    for i in range(held.shape[1]):
        matrix[place(i)] = held[:, i]
    return matrix


@dataclass
class Product:
    """An instruction, and what is in its registers."""

    opcode: str
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    result: np.ndarray  # zeros, of the shape and type of D's registers
    metadata: np.ndarray | None = None  # [lanes]
    after: str = ""  # what is written after the operands: a selector, or places of scales
    scales: Sequence[np.ndarray] = ()  # of A and B, [lanes]
    chip: str = "sm_90"

    @property
    def instruction(self) -> str:
        held = {"d": self.result, "a": self.a, "b": self.b, "c": self.c}
        names = {
            name: "{" + ", ".join(f"{kind(array)}{name}{i}" for i in range(array.shape[1])) + "}"
            for name, array in held.items()
        }
        return f"{self.opcode} {names['d']}, {names['a']}, {names['b']}, {names['c']}{self.after};"

    @property
    def declarations(self) -> str:
        names = [f"%v{n}{i}" for n in "dabc" for i in range(16)]
        wide = [f"%w{n}{i}" for n in "dabc" for i in range(16)]
        return f".reg .b32 {', '.join(names)}, %vm, %vsa, %vsb;\n.reg .b64 {', '.join(wide)};"

    def text(self) -> str:
        arrays = self.arrays()
        lines = [self.declarations]
        for number, (name, array) in enumerate(arrays.items()):
            size = array.dtype.itemsize
            lines += [f"mul.wide.u32 %d20, %r0, {array.shape[1] * size};"]
            lines += [f"add.u64 %d21, %d{number}, %d20;"]
            lines += [
                f"ld.global.b{8 * size} {target(name, array, i)}, [%d21+{size * i}];"
                for i in range(array.shape[1])
            ]
        size = self.result.dtype.itemsize
        lines += [self.instruction, f"mul.wide.u32 %d20, %r0, {self.result.shape[1] * size};"]
        lines += [f"add.u64 %d21, %d{len(arrays)}, %d20;"]
        lines += [
            f"st.global.b{8 * size} [%d21+{size * i}], {target('d', self.result, i)};"
            for i in range(self.result.shape[1])
        ]
        return for_chip(kernel("\n".join(lines), len(arrays) + 1), self.chip)

    def arrays(self) -> dict[str, np.ndarray]:
        found = {"a": self.a, "b": self.b, "c": self.c}
        if self.metadata is not None:
            found["m"] = self.metadata.reshape(32, 1)
        return found | {f"s{n}": s.reshape(32, 1) for n, s in zip("ab", self.scales, strict=False)}

    def run(self) -> Outcome:
        """Changes `result`."""
        arguments = [np.ascontiguousarray(array) for array in self.arrays().values()]
        return launch(self.text(), "k", 1, 32, [*arguments, self.result])


def for_chip(text: str, chip: str) -> str:
    return text.replace(".version 8.0", ".version 8.8").replace("sm_90", chip)


def kind(array: np.ndarray) -> str:
    return "%w" if array.dtype.itemsize == 8 else "%v"


def target(name: str, array: np.ndarray, number: int) -> str:
    return f"{kind(array)}{name}{number}" if name in "abcd" else f"%v{name}"


def c_place(i: int) -> tuple[np.ndarray, np.ndarray]:
    """Of C and D, in all shapes but sm_70's."""
    return GROUP + 8 * (i >= 2), 2 * MEMBER + (i & 1)
