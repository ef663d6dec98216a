"""Matrices between shared memory and a warp's registers: `ldmatrix` and its like.

PTX ISA, "Warp-level matrix load instruction: ldmatrix", and those for `stmatrix` and `movmatrix`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.access import (
    Form,
    accesses,
    address_reader,
    space_of,
    write_elements,
)
from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction, Operand, Vector
from clawc.emulators.ptx.target import check_target
from clawc.emulators.ptx.threads import Lanes, Step, Threads, reader, writer
from clawc.emulators.ptx.values import Array

_LANE = np.arange(WARP)


def elements(operand: Operand) -> tuple[Operand, ...]:
    return operand.elements if isinstance(operand, Vector) else (operand,)


def whole_warps(t: Threads, at: Lanes, instruction: Instruction) -> Array:
    """The lanes of the warps that take part, [warps, 32]; all of a warp must."""
    lanes = t.taking_part(at)
    full = np.bincount(lanes // WARP, minlength=t.count // WARP)
    if ((full != 0) & (full != WARP)).any():
        part = lanes[full[lanes // WARP] != WARP]
        t.report("divergence", instruction, "needs all threads of the warp", part)
    warps = np.flatnonzero(full)
    return warps[:, None] * WARP + _LANE


@dataclass(frozen=True)
class _Source:
    """What `ldmatrix` finds in shared memory: matrices with rows of 16 bytes."""

    rows: int
    counts: tuple[str, ...]
    transposed: tuple[bool, ...]  # whether that may be asked for
    bits: int  # of an element, in a register, in memory
    packed_bits: int
    chips: tuple[str, ...]

    @property
    def bytes_used(self) -> int:
        """Of a row; the others are padding."""
        return 16 * self.packed_bits // self.bits


_FAMILIES = ("sm_100a", "sm_120a")
_ANY, _UP_TO_2 = ("x1", "x2", "x4"), ("x1", "x2")
_LOADS = {  # shape, type: `.b8x16.b6x16_p32` are 6 bits in memory, and a byte of padding for three
    ("m8n8", "b16"): _Source(8, _ANY, (False, True), 16, 16, ("sm_75",)),
    ("m8n16", "b8x16.b6x16_p32"): _Source(8, _ANY, (False,), 8, 6, _FAMILIES),
    ("m8n16", "b8x16.b4x16_p64"): _Source(8, _ANY, (False,), 8, 4, _FAMILIES),
    ("m16n16", "b8"): _Source(16, _UP_TO_2, (True,), 8, 8, _FAMILIES),
    ("m16n16", "b8x16.b6x16_p32"): _Source(16, _UP_TO_2, (True,), 8, 6, _FAMILIES),
    ("m16n16", "b8x16.b4x16_p64"): _Source(16, _UP_TO_2, (True,), 8, 4, _FAMILIES),
}


def load_matrix(instruction: Instruction, layout: Layout) -> Step:
    """`ldmatrix`: the i-th lane has the address of the i-th row of all matrices; lane 4r+m gets the
    m-th word of row r, and in another register of row r+8."""
    op = Opcode(instruction.opcode)
    op.one_of("sync")
    op.one_of("aligned")
    shape, transposed, space = op.one_of("m8n8", "m8n16", "m16n16"), op.flag("trans"), space_of(op)
    number = op.one_of(*_ANY)
    source = _LOADS.get((shape, ".".join(op.rest)))
    if source is None or number not in source.counts or transposed not in source.transposed:
        raise op.unknown()
    check_target(op, layout.kernel.target, *source.chips)
    count = int(number[1:])
    read_address, space = address_reader(instruction.operands[1], _shared(op, space), layout)
    form = Form(instruction, read_address, space, 16, False, (0, source.bytes_used))
    writers = [writer(each, "b32", layout) for each in elements(instruction.operands[0])]
    if len(writers) != count * source.rows // 8:
        raise op.unknown()

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction)
        rows = lanes[:, : source.rows * count].reshape(-1)
        fetched = np.zeros((t.count, 16), np.uint8)
        for access, _ in accesses(t, rows, form):
            first = access.offset[:, None] + np.arange(source.bytes_used)
            fetched[access.lanes] = unpacked(t.bytes[access.space][first], source.packed_bits)
        matrices = fetched[rows].view(f"u{source.bits // 8}")
        matrices = matrices.reshape(-1, source.rows, matrices.shape[1])
        if transposed:
            matrices = matrices.swapaxes(1, 2)
        words = np.ascontiguousarray(matrices).view(np.uint32).reshape(-1, len(writers), WARP)
        for i, write in enumerate(writers):
            write(t, lanes.reshape(-1), words[:, i].reshape(-1))

    return step


def unpacked(rows: Array, bits: int) -> Array:
    """Rows of 16 elements of `bits` each, [rows, bytes], with a byte for each, its upper bits 0."""
    if bits not in (4, 6):
        return rows
    each = np.unpackbits(rows, axis=1, bitorder="little").reshape(len(rows), 16, bits)
    return np.packbits(each, axis=2, bitorder="little").reshape(len(rows), 16)


def store_matrix(instruction: Instruction, layout: Layout) -> Step:
    """`stmatrix`: rows of 16 bytes, of 8x8 halves, or of 16x8 bytes turned round, which lane 4r+m
    holds as an accumulator: of rows r and r+8 two bytes each."""
    op = Opcode(instruction.opcode)
    op.one_of("sync")
    op.one_of("aligned")
    shape, transposed, space = op.one_of("m8n8", "m16n8"), op.flag("trans"), space_of(op)
    count = int(op.one_of(*_ANY)[1:])
    halves = shape == "m8n8"
    op.one_of("b16" if halves else "b8")
    op.check_all_taken()
    if not halves and not transposed:
        raise op.unknown()
    check_target(op, layout.kernel.target, *(("sm_90",) if halves else _FAMILIES))
    read_address, space = address_reader(instruction.operands[0], _shared(op, space), layout)
    form = Form(instruction, read_address, space, 16, True)
    readers = [reader(each, "b32", layout) for each in elements(instruction.operands[1])]
    if len(readers) != count:
        raise op.unknown()

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction)
        rows = lanes[:, : 8 * count].reshape(-1)
        words = np.stack([r(t, lanes.reshape(-1)).reshape(-1, WARP) for r in readers], axis=1)
        if halves:
            matrices = np.ascontiguousarray(words).view(np.uint16).reshape(-1, 8, 8)
        else:  # row r and m of a lane, which half of the rows, which column of two
            held = np.ascontiguousarray(words).view(np.uint8).reshape(-1, 8, 4, 2, 2)
            matrices = held.transpose(0, 3, 1, 2, 4).reshape(-1, 16, 8)
        if transposed:
            matrices = matrices.swapaxes(1, 2)
        by_lane = np.zeros((t.count, 8), np.uint16)
        by_lane[rows] = np.ascontiguousarray(matrices).view(np.uint16).reshape(-1, 8)
        for access, _ in accesses(t, rows, form):
            write_elements(t, instruction, access, 2, list(by_lane[access.lanes].T))

    return step


def _shared(op: Opcode, space: str) -> str:
    """The memory of these instructions, which need not be said."""
    if space not in ("shared", "generic"):
        raise op.unknown()
    return space


def move_matrix(instruction: Instruction, layout: Layout) -> Step:
    """`movmatrix`: an 8x8 matrix of halves, transposed across the warp."""
    op = Opcode(instruction.opcode)
    for name in ("sync", "aligned", "m8n8", "trans", "b16"):
        op.one_of(name)
    op.check_all_taken()
    check_target(op, layout.kernel.target, "sm_75")
    read = reader(instruction.operands[1], "b32", layout)
    write = writer(instruction.operands[0], "b32", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction).reshape(-1)
        matrices = np.ascontiguousarray(read(t, lanes)).view(np.uint16).reshape(-1, 8, 8)
        write(t, lanes, np.ascontiguousarray(matrices.swapaxes(1, 2)).view(np.uint32).reshape(-1))

    return step
