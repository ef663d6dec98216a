"""`wmma.load` and `wmma.store`: matrices of a warp between memory and registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.emulators.ptx.access import (
    Form,
    accesses,
    address_reader,
    element_view,
    write_elements,
)
from clawc.emulators.ptx.layout import WARP, Layout
from clawc.emulators.ptx.matrix_fragment import MatrixFragment
from clawc.emulators.ptx.matrix_numbers import ELEMENT_BITS
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Immediate, Instruction, Operand
from clawc.emulators.ptx.threads import Lanes, Reader, Step, Threads, reader
from clawc.emulators.ptx.values import Array
from clawc.emulators.ptx.warp_matrix import whole_warps
from clawc.emulators.ptx.watched_access import Access
from clawc.emulators.ptx.wmma_form import part_bytes

_LARGEST = 16  # bytes of an access
# What is asked of addresses and strides, at most: a fragment's size says the PTX manual, these say
# NVIDIA's of CUDA C++, "Warp Matrix Functions"; here it is the weaker of both.
_ALIGNMENT, _STRIDE_ALIGNMENT = 32, 16


@dataclass(frozen=True)
class StoredMatrix:
    """A matrix in memory, and the accesses by which a warp's lanes reach their parts of it."""

    instruction: Instruction
    fragment: MatrixFragment
    check: Callable[[Threads, Array], None]
    forms: list[Form]  # each of as many bytes of a lane's part, in their order
    bytes_each: int

    @property
    def unit(self) -> int:
        """Bytes that are moved as one number."""
        return min(8, self.bytes_each)

    def reached(self, t: Threads, lanes: Array) -> list[tuple[Access, int]]:
        """The accesses of all lanes, and for each the first unit of a lane's part."""
        if t.watch.check:
            self.check(t, lanes)
        units = self.bytes_each // self.unit
        return [
            (access, number * units)
            for number, form in enumerate(self.forms)
            for access, _ in accesses(t, lanes, form)
        ]


def stored_matrix(
    instruction: Instruction,
    where: Operand,
    stride: Operand | None,
    space: str,
    held: MatrixFragment,
    by_rows: bool,
    layout: Layout,
) -> StoredMatrix:
    base, space = address_reader(where, space, layout)
    packed = Immediate(held.columns if by_rows else held.rows)
    read_stride = reader(stride or packed, "u32", layout)
    bits, part = ELEMENT_BITS[held.type_], part_bytes(held)
    row, column = np.divmod(held.places, held.columns)
    major, minor = (row, column) if by_rows else (column, row)
    in_order = bits < 8 or part * 8 == bits or bool((minor[:, 1] == minor[:, 0] + 1).all())
    each = min(_LARGEST, part) if in_order else bits // 8

    def address(first: int) -> Reader:
        def read(t: Threads, at: Lanes) -> Array:
            lane = t.taking_part(at) % WARP
            elements = major[lane, first] * read_stride(t, at).astype(np.int64) + minor[lane, first]
            return base(t, at) + elements * bits // 8

        return read

    def check(t: Threads, lanes: Array) -> None:
        address, distance = (
            np.broadcast_to(read(t, lanes), len(lanes)).astype(np.int64).reshape(-1, WARP)
            for read in (base, read_stride)
        )
        same = (address == address[:, :1]) & (distance == distance[:, :1])
        if not same.all():
            message = "has an address or a stride that differ within the warp"
            t.report("divergence", instruction, message, lanes[~same.reshape(-1)])
        fragment_bytes = held.registers * int(held.register_type[1:]) // 8
        askew = address % min(_ALIGNMENT, fragment_bytes) != 0
        askew |= distance * bits % (8 * min(_STRIDE_ALIGNMENT, fragment_bytes)) != 0
        if askew.any():
            message = f"has rows that are not aligned as parts of {fragment_bytes} bytes must be"
            t.report("misaligned", instruction, message, lanes[askew.reshape(-1)])

    writes = instruction.opcode.startswith("wmma.store")
    forms = [
        Form(instruction, address(first), space, each, writes)
        for first in range(0, part * 8 // bits, each * 8 // bits)
    ]
    return StoredMatrix(instruction, held, check, forms, each)


def load_matrix(op: Opcode, stored: StoredMatrix, layout: Layout) -> Step:
    held, unit = stored.fragment, stored.unit
    part = part_bytes(held)
    register_bytes = int(held.register_type[1:]) // 8
    writers = held.writers(stored.instruction.operands[0], op, layout)
    copies = held.registers * register_bytes // part

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, stored.instruction).reshape(-1)
        fetched = np.zeros((t.count, part), np.uint8)
        units = fetched.view(f"u{unit}")
        for access, first in stored.reached(t, lanes):
            data = element_view(t, access.space, unit)
            for i in range(stored.bytes_each // unit):
                units[access.lanes, first + i] = data[access.offset // unit + i]
        registers = np.tile(fetched[lanes], (1, copies)).view(f"u{register_bytes}")
        for i, write in enumerate(writers):
            write(t, lanes, np.ascontiguousarray(registers[:, i]))

    return step


def store_matrix(op: Opcode, stored: StoredMatrix, layout: Layout) -> Step:
    held, unit = stored.fragment, stored.unit
    readers = held.readers(stored.instruction.operands[1], op, layout)

    def step(t: Threads, at: Lanes) -> None:
        lanes = whole_warps(t, at, stored.instruction).reshape(-1)
        registers = np.stack([np.broadcast_to(r(t, lanes), len(lanes)) for r in readers], axis=1)
        units = np.zeros((t.count, part_bytes(held) // unit), f"u{unit}")
        units[lanes] = np.ascontiguousarray(registers).view(f"u{unit}")
        for access, first in stored.reached(t, lanes):
            values = [units[access.lanes, first + i] for i in range(stored.bytes_each // unit)]
            write_elements(t, stored.instruction, access, unit, values)

    return step
