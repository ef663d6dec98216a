"""SDWA, the modifier of CDNA by which an operand is a byte or a half of a register."""

from __future__ import annotations

import numpy as np

from clawc.emulators.gcn.operands import DTYPES, Operands, Reader, Writer, modified, width
from clawc.emulators.gcn.waves import Waves

_DWORD = 6
_PRESERVE, _SIGN_EXTEND = 2, 1
_UNSIGNED = {16: np.uint16, 32: np.uint32}


def _place(select: int) -> tuple[int, int]:
    """The first bit and the number of bits that a selector names."""
    if select == _DWORD:
        return 0, 32
    return (8 * select, 8) if select < 4 else (16 * (select - 4), 16)


def sdwa_reader(o: Operands, number: int, type: str) -> Reader:
    """Source 0 or 1: the selected part, extended with zeros or with its sign."""
    i, extra = o.instruction, o.instruction.extra
    code = extra["vsrc0"] if number == 0 else i["src1"]
    if not extra[f"s{number}"]:
        code |= 256
    raw = o.source(code, "u32")
    shift, bits = _place(extra[f"src{number}_sel"])
    sign = extra[f"sext{number}"]
    dtype, plain = DTYPES[type], _UNSIGNED[width(type)]
    up, down = np.int32(32 - bits - shift), np.int32(32 - bits)

    def read(w: Waves) -> np.ndarray:
        value = raw(w)
        if sign:
            value = (value.view(np.int32) << up >> down).view(np.uint32)
        elif bits < 32:
            value = value >> np.uint32(shift) & np.uint32((1 << bits) - 1)
        return value.astype(plain).view(dtype)

    suffix = "1" if number else ""
    return modified(read, type, extra[f"neg{suffix}"], extra[f"abs{suffix}"])


def sdwa_writer(o: Operands, type: str) -> Writer:
    """The result into the selected part; the rest becomes 0, the sign, or stays."""
    extra, register = o.instruction.extra, o.instruction["vdst"]
    shift, bits = _place(extra["dst_sel"])
    unused = extra["dst_unused"]
    plain = _UNSIGNED[width(type)]
    write = o.vector_write(register, "u32")
    part = np.uint32(((1 << bits) - 1) << shift)
    above = np.int32(32 - bits - shift)

    def run(w: Waves, value: np.ndarray) -> None:
        word = np.ascontiguousarray(value).view(plain).astype(np.uint32) << np.uint32(shift) & part
        if unused == _PRESERVE:
            word = word | w.u32[register] & ~part
        elif unused == _SIGN_EXTEND:
            word = (word.view(np.int32) << above >> above).view(np.uint32)
        write(w, word)

    return run
