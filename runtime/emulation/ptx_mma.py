"""`mma.sync`: which element of a matrix each register of each lane holds, and the product.

Products are exact and their sum is rounded once, to the type of the result; the chips, whose order
of summation the manual leaves open, may differ in the last places.
"""

from __future__ import annotations

import re

import numpy as np

from clawc.runtime.emulation.ptx_layout import WARP, Layout
from clawc.runtime.emulation.ptx_opcode import Opcode
from clawc.runtime.emulation.ptx_semantics_fp8 import fp8_values
from clawc.runtime.emulation.ptx_syntax import Instruction
from clawc.runtime.emulation.ptx_threads import Lanes, Step, Threads, reader, writer
from clawc.runtime.emulation.ptx_values import Array, widened_bf16
from clawc.runtime.emulation.ptx_warp import elements, whole_warps

_GROUP, _MEMBER = np.arange(WARP) // 4, np.arange(WARP) % 4
_ELEMENT_BITS = {
    **{"f16": 16, "bf16": 16, "tf32": 32, "f64": 64},
    **{"s8": 8, "u8": 8, "s4": 4, "u4": 4, "e4m3": 8, "e5m2": 8},
}
_SHAPES = {  # of the types of A and B: bits of their elements
    16: ("m16n8k8", "m16n8k16"),
    32: ("m16n8k4", "m16n8k8"),
    64: ("m8n8k4", "m16n8k4", "m16n8k8", "m16n8k16"),
    8: ("m8n8k16", "m16n8k16", "m16n8k32"),
    4: ("m8n8k32", "m16n8k32", "m16n8k64"),
}
_ACCUMULATORS = {
    "f16": ("f16", "f32"),
    "bf16": ("f32",),
    "tf32": ("f32",),
    "f64": ("f64",),
    "e4m3": ("f32", "f16"),
    "e5m2": ("f32", "f16"),
}


def multiply(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    for name in ("sync", "aligned"):
        op.one_of(name)
    shape = next((word for word in op.rest if re.fullmatch(r"m\d+n\d+k\d+", word)), "")
    op.flag(shape)
    op.one_of("row")
    op.one_of("col")
    saturate = op.flag("satfinite")
    if len(op.rest) != 4:
        raise op.unknown()
    result_type, a_type, b_type, sum_type = op.rest
    if a_type not in _ELEMENT_BITS or b_type not in _ELEMENT_BITS or sum_type != result_type:
        raise op.unknown()
    bits = _ELEMENT_BITS[a_type]
    if bits != _ELEMENT_BITS[b_type] or shape not in _SHAPES[bits]:
        raise op.unknown()
    if result_type not in _ACCUMULATORS.get(a_type, ("s32",)):
        raise op.unknown()
    if bits > 8 and a_type != b_type or saturate and result_type != "s32":
        raise op.unknown()
    m, n, k = map(int, re.findall(r"\d+", shape))
    register = "b64" if bits == 64 else "b32"
    reads = [[reader(r, register, layout) for r in elements(o)] for o in instruction.operands[1:]]
    writers = [writer(each, register, layout) for each in elements(instruction.operands[0])]
    a_place, b_place = a_places(m, k, bits), b_places(k, n, bits)
    c_place = c_places(m, n, result_type)

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction).reshape(-1)
        a, b, c = (
            np.stack([np.broadcast_to(r(t, lanes), len(lanes)) for r in operand])
            .reshape(len(operand), -1, WARP)
            .transpose(1, 2, 0)
            for operand in reads
        )  # each [warps, lanes, registers]
        left = gathered(numbers(a, a_type), a_place).reshape(-1, m, k)
        right = gathered(numbers(b, b_type), b_place).reshape(-1, k, n)
        total = left @ right + gathered(sums(c, result_type), c_place).reshape(-1, m, n)
        packed = packed_sums(total.reshape(len(total), -1), result_type, saturate, c_place)
        for i, write in enumerate(writers):
            write(t, lanes, packed[:, :, i].reshape(-1))
        t.watch.counts.matrix_flop += 2 * m * n * k * (len(lanes) // WARP)

    return step


def a_places(rows: int, columns: int, bits: int) -> Array:
    """[lanes, elements]: which element of A, counted by rows, a lane's i-th one is."""
    per = max(1, 32 // bits)
    i = np.arange(rows * columns // WARP)
    register, within = i // per, i % per
    tall = rows == 16
    row = _GROUP[:, None] + (8 * (register % 2) if tall else 0)
    column = _MEMBER[:, None] * per + within + 4 * per * (register // 2 if tall else register)
    return row * columns + column


def b_places(rows: int, columns: int, bits: int) -> Array:
    per = max(1, 32 // bits)
    i = np.arange(rows * columns // WARP)
    row = _MEMBER[:, None] * per + i % per + 4 * per * (i // per)
    return row * columns + _GROUP[:, None]


def c_places(rows: int, columns: int, type_: str) -> Array:
    i = np.arange(rows * columns // WARP)
    return (_GROUP[:, None] + 8 * (i // 2)) * columns + 2 * _MEMBER[:, None] + i % 2


def gathered(held: Array, places: Array) -> Array:
    """[warps, lanes, elements] to [warps, elements of the matrix]."""
    matrix = np.empty((len(held), places.size), held.dtype)
    matrix[:, places.reshape(-1)] = held.reshape(len(held), -1)
    return matrix


def numbers(registers: Array, type_: str) -> Array:
    """The elements of registers, as float64."""
    registers = np.ascontiguousarray(registers)
    if type_ == "f64":
        return registers.view(np.float64)
    if type_ == "f16":
        return registers.view(np.float16).astype(np.float64)
    if type_ == "bf16":
        return widened_bf16(registers.view(np.uint16)).astype(np.float64)
    if type_ == "tf32":
        return (registers & np.uint32(0xFFFFE000)).view(np.float32).astype(np.float64)
    bytes_ = registers.view(np.uint8)
    if type_ == "b1":
        return np.unpackbits(bytes_, axis=-1, bitorder="little").astype(np.float64)
    if type_ in ("e4m3", "e5m2"):
        return fp8_values(type_)[bytes_]
    if type_ in ("s4", "u4"):
        nibbles = np.stack([bytes_ & 15, bytes_ >> 4], axis=-1).reshape(*bytes_.shape[:-1], -1)
        signed = (nibbles.astype(np.int64) ^ 8) - 8
        return (signed if type_ == "s4" else nibbles).astype(np.float64)
    return (bytes_.view(np.int8) if type_ == "s8" else bytes_).astype(np.float64)


def sums(registers: Array, type_: str) -> Array:
    registers = np.ascontiguousarray(registers)
    views = {"f16": np.float16, "f32": np.float32, "f64": np.float64, "s32": np.int32}
    return registers.view(views[type_]).astype(np.float64)


def rounded_sums(total: Array, type_: str, saturate: bool) -> Array:
    """float64 to the type of the result, rounded once; integers wrap or saturate."""
    if type_ == "s32":
        if saturate:
            total = np.clip(total, -(2**31), 2**31 - 1)
        return total.astype(np.int64).astype(np.int32)
    return total.astype({"f16": np.float16, "f32": np.float32, "f64": np.float64}[type_])


def packed_sums(total: Array, type_: str, saturate: bool, places: Array) -> Array:
    """[warps, elements of the matrix] to the registers of each lane."""
    held = np.ascontiguousarray(total[:, places.reshape(-1)]).reshape(-1, *places.shape)
    return rounded_sums(held, type_, saturate).view(np.uint64 if type_ == "f64" else np.uint32)
