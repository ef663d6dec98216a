"""Matrices of 8x8 halves between shared memory and a warp's registers: `ldmatrix` and its like."""

from __future__ import annotations

import numpy as np

from clawc.runtime.emulation.ptx_access import (
    Form,
    accesses,
    address_reader,
    element_view,
    space_of,
    write_elements,
)
from clawc.runtime.emulation.ptx_layout import WARP, Layout
from clawc.runtime.emulation.ptx_opcode import Opcode
from clawc.runtime.emulation.ptx_syntax import Instruction, Operand, Vector
from clawc.runtime.emulation.ptx_threads import Lanes, Step, Threads, reader, writer
from clawc.runtime.emulation.ptx_values import Array

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


def load_matrix(instruction: Instruction, layout: Layout) -> Step:
    """`ldmatrix`: lane 8i+r has the address of row r of the i-th matrix of 8x8 halves."""
    op, count, transposed = _matrix_form(instruction)
    space = space_of(op)
    op.check_all_taken()
    read_address, space = address_reader(instruction.operands[1], "shared", layout)
    form = Form(instruction, read_address, space, 16, False)
    writers = [writer(each, "b32", layout) for each in elements(instruction.operands[0])]
    if len(writers) != count:
        raise op.unknown()

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction)
        rows = lanes[:, : 8 * count].reshape(-1)
        fetched = np.zeros((t.count, 8), np.uint16)
        for access, _ in accesses(t, rows, form):
            first = access.offset // 2
            fetched[access.lanes] = element_view(t, access.space, 2)[first[:, None] + np.arange(8)]
        matrices = fetched[rows].reshape(-1, count, 8, 8)
        if transposed:
            matrices = matrices.swapaxes(2, 3)
        words = np.ascontiguousarray(matrices).view(np.uint32).reshape(-1, count, WARP)
        for i, write in enumerate(writers):
            write(t, lanes.reshape(-1), words[:, i].reshape(-1))

    return step


def store_matrix(instruction: Instruction, layout: Layout) -> Step:
    op, count, transposed = _matrix_form(instruction)
    space_of(op)
    op.check_all_taken()
    read_address, space = address_reader(instruction.operands[0], "shared", layout)
    form = Form(instruction, read_address, space, 16, True)
    readers = [reader(each, "b32", layout) for each in elements(instruction.operands[1])]

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction)
        rows = lanes[:, : 8 * count].reshape(-1)
        words = np.stack([r(t, lanes.reshape(-1)).reshape(-1, WARP) for r in readers], axis=1)
        matrices = np.ascontiguousarray(words).view(np.uint16).reshape(-1, count, 8, 8)
        if transposed:
            matrices = matrices.swapaxes(2, 3)
        by_lane = np.zeros((t.count, 8), np.uint16)
        by_lane[rows] = np.ascontiguousarray(matrices).reshape(-1, 8)
        for access, _ in accesses(t, rows, form):
            write_elements(t, instruction, access, 2, list(by_lane[access.lanes].T))

    return step


def _matrix_form(instruction: Instruction) -> tuple[Opcode, int, bool]:
    op = Opcode(instruction.opcode)
    op.one_of("sync")
    op.one_of("aligned")
    op.one_of("m8n8")
    op.one_of("b16")
    return op, int(op.one_of("x1", "x2", "x4")[1:]), op.flag("trans")


def move_matrix(instruction: Instruction, layout: Layout) -> Step:
    """`movmatrix`: an 8x8 matrix of halves, transposed across the warp."""
    op = Opcode(instruction.opcode)
    for name in ("sync", "aligned", "m8n8", "trans", "b16"):
        op.one_of(name)
    op.check_all_taken()
    read = reader(instruction.operands[1], "b32", layout)
    write = writer(instruction.operands[0], "b32", layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, instruction).reshape(-1)
        matrices = np.ascontiguousarray(read(t, lanes)).view(np.uint16).reshape(-1, 8, 8)
        write(t, lanes, np.ascontiguousarray(matrices.swapaxes(1, 2)).view(np.uint32).reshape(-1))

    return step
