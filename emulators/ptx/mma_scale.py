"""Scales of `mma` with `block_scale`: a number for each row of A and column of B, and part of K.

PTX ISA, "Block Scaling for mma.sync": of lanes 4g to 4g+3 the pair that `thread-id-a` names has the
scales of rows g and g+8, the lane that `thread-id-b` names those of column g; `byte-id` is the
first of the bytes in its register.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.mma_form import Form
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.semantics_fp8 import fp8_values
from clawc.emulators.ptx.syntax import Immediate, Instruction, Operand
from clawc.emulators.ptx.threads import Threads, reader
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.warp_matrix import elements

Factors = Callable[[Threads, Array], Array]


def scale_readers(
    op: Opcode, form: Form, instruction: Instruction, layout: Layout
) -> tuple[Factors, Factors]:
    """What A, [warps, rows, K], and B, [warps, K, columns], are multiplied by."""
    a_data, a_where, b_data, b_where = instruction.operands[-4:]
    row, column = np.arange(form.shape[0]), np.arange(form.shape[1])
    a_byte, a_thread = _place(op, form, instruction, a_where, 2, layout)
    b_byte, b_thread = _place(op, form, instruction, b_where, 4, layout)
    of_a = _factors(op, form, a_data, a_byte, layout)
    of_b = _factors(op, form, b_data, b_byte, layout)

    def scale_a(t: Threads, lanes: Array) -> Array:
        return of_a(t, lanes, 4 * (row % 8) + row // 8 + 2 * a_thread(t, lanes))

    def scale_b(t: Threads, lanes: Array) -> Array:
        return of_b(t, lanes, 4 * column + b_thread(t, lanes)).swapaxes(1, 2)

    return scale_a, scale_b


def _place(
    op: Opcode, form: Form, instruction: Instruction, operand: Operand, threads: int, layout: Layout
) -> tuple[Factors, Factors]:
    """The byte and the thread that an operand `{byte-id, thread-id}` names, [warps, 1]."""
    parts = elements(operand)
    if len(parts) != 2:
        raise op.unknown()
    found = []
    for part, choices in zip(parts, (range(0, 4, form.scales), range(threads)), strict=True):
        if isinstance(part, Immediate) and part.value not in choices:
            raise op.unknown()
        found.append(_choice(instruction, part, choices, layout))
    return found[0], found[1]


def _choice(instruction: Instruction, part: Operand, choices: range, layout: Layout) -> Factors:
    read = reader(part, "u16", layout)

    def choice(t: Threads, lanes: Array) -> Array:
        chosen = np.broadcast_to(read(t, lanes), len(lanes)).reshape(-1, WARP)
        wrong = ~np.isin(chosen, choices) | (chosen != chosen[:, :1])
        if wrong.any():
            message = "names bytes or threads of scales that are not there, or not the same"
            t.report("metadata", instruction, message, lanes[wrong.reshape(-1)])
        return np.where(wrong, 0, chosen)[:, :1].astype(np.int64)

    return choice


def _factors(
    op: Opcode, form: Form, operand: Operand, first_byte: Factors, layout: Layout
) -> Callable[[Threads, Array, Array], Array]:
    """Reads scales from the lanes that hold them, [warps, rows or columns], and repeats them."""
    held = elements(operand)
    if len(held) != 1:
        raise op.unknown()
    read = reader(held[0], "b32", layout)
    table, repeats = scales_of(form.scale_type), form.shape[2] // form.scales

    def factors(t: Threads, lanes: Array, holders: Array) -> Array:
        words = np.broadcast_to(read(t, lanes), len(lanes)).reshape(-1, WARP)
        codes = np.take_along_axis(words, holders, axis=1)[..., None].view(np.uint8)
        byte = first_byte(t, lanes)[..., None] + np.arange(form.scales)
        chosen = np.take_along_axis(codes, np.broadcast_to(byte, (*holders.shape, form.scales)), 2)
        return np.repeat(table[chosen], repeats, axis=2)

    return factors


def scales_of(type_: str) -> Array:
    """The number of each code: powers of two, or 8-bit floats without a sign."""
    code = np.arange(256)
    if type_ == "ue8m0":
        return np.where(code == 255, np.nan, 2.0 ** (code - 127.0))
    return fp8_values("e4m3")[code & 0x7F]
