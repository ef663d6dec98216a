"""`mov`, with taking apart and putting together, and addresses between memories."""

from __future__ import annotations

import numpy as np

from clawc.emulators.ptx.access import space_of
from clawc.emulators.ptx.layout import FIRST, PARAM, SHARED, WINDOW, Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction, Vector
from clawc.emulators.ptx.threads import Lanes, Step, Threads, reader, writer
from clawc.emulators.ptx.values import BITS, UNSIGNED


def move(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    type_ = op.type()
    op.check_all_taken()
    if BITS[type_] > 64:
        raise op.unknown()
    result, source = instruction.operands
    if isinstance(result, Vector):
        return _take_apart(result, instruction, type_, layout)
    if isinstance(source, Vector):
        return _put_together(source, instruction, type_, layout)
    bits = type_ if type_ == "pred" else f"b{BITS[type_]}"
    exact = type_ if type_ in ("f32", "f64") else bits  # a number like 1.5 needs its type
    read, write = reader(source, exact, layout), writer(result, bits, layout)

    def step(t: Threads, at: Lanes) -> None:
        write(t, at, read(t, at))

    return step


def _take_apart(result: Vector, instruction: Instruction, type_: str, layout: Layout) -> Step:
    piece = BITS[type_] // len(result.elements)
    whole = UNSIGNED[BITS[type_]]
    read = reader(instruction.operands[1], f"b{BITS[type_]}", layout)
    writers = [writer(element, f"b{piece}", layout) for element in result.elements]

    def step(t: Threads, at: Lanes) -> None:
        value = read(t, at)
        for i, write in enumerate(writers):
            write(t, at, (value >> whole(i * piece)).astype(UNSIGNED[piece]))

    return step


def _put_together(source: Vector, instruction: Instruction, type_: str, layout: Layout) -> Step:
    piece = BITS[type_] // len(source.elements)
    whole = UNSIGNED[BITS[type_]]
    readers = [reader(element, f"b{piece}", layout) for element in source.elements]
    write = writer(instruction.operands[0], f"b{BITS[type_]}", layout)

    def step(t: Threads, at: Lanes) -> None:
        value = readers[0](t, at).astype(whole)
        for i, read in enumerate(readers[1:], start=1):
            value = value | (read(t, at).astype(whole) << whole(i * piece))
        write(t, at, value)

    return step


def convert_address(instruction: Instruction, layout: Layout) -> Step:
    """`cvta`: between a generic address and one within a memory."""
    op = Opcode(instruction.opcode)
    to_space = op.flag("to")
    space, type_ = space_of(op), op.type()
    op.check_all_taken()
    if space == "generic" or type_ not in ("u32", "u64"):
        raise op.unknown()
    shift = np.uint64(FIRST[space])
    read = reader(instruction.operands[1], type_, layout)
    write = writer(instruction.operands[0], type_, layout)

    def step(t: Threads, at: Lanes) -> None:
        address = read(t, at).astype(np.uint64)
        # A parameter's name may mean either: all that a window holds is below its first address.
        moved = address & ~shift if to_space else address | shift
        write(t, at, moved.astype(UNSIGNED[BITS[type_]]))

    return step


def is_in_space(instruction: Instruction, layout: Layout) -> Step:
    """`isspacep`: whether a generic address is in a memory."""
    op = Opcode(instruction.opcode)
    space = space_of(op)
    op.check_all_taken()
    read = reader(instruction.operands[1], "u64", layout)
    write = writer(instruction.operands[0], "pred", layout)
    first = FIRST[space]

    def step(t: Threads, at: Lanes) -> None:
        address = read(t, at).astype(np.int64)
        inside = (address >= first) & (address < first + WINDOW)
        if space in ("global", "const"):
            inside = (address < SHARED) | (address >= PARAM + WINDOW)
        write(t, at, inside)

    return step
