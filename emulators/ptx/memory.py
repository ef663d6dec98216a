"""`ld` and `st`."""

from __future__ import annotations

from clawc.emulators.ptx.access import (
    Form,
    accesses,
    address_reader,
    element_view,
    space_of,
    take_hints,
    write_elements,
)
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction, Operand, Register, Vector
from clawc.emulators.ptx.threads import Lanes, Step, Threads, reader, writer
from clawc.emulators.ptx.values import BITS


def load(instruction: Instruction, layout: Layout) -> Step:
    """`ld` and `ldu`."""
    op = Opcode(instruction.opcode)
    type_, count = memory_type(op)
    read_address, space = address_reader(instruction.operands[1], space_of(op), layout)
    take_hints(op)
    op.check_all_taken()
    size = BITS[type_] // 8
    result = instruction.operands[0]
    results = result.elements if isinstance(result, Vector) else (result,)
    if len(results) != count:
        raise op.unknown()
    writers = [writer(each, type_, layout) for each in results]
    bytes_used = used_bytes(results, size, layout)
    form = Form(instruction, read_address, space, size * count, False, bytes_used)

    def step(t: Threads, at: Lanes) -> None:
        for access, part in accesses(t, at, form):
            data = element_view(t, access.space, size)
            first = access.offset // size
            for i, write in enumerate(writers):
                write(t, part, data[first + i] if i else data[first])

    return step


def used_bytes(results: tuple[Operand, ...], size: int, layout: Layout) -> tuple[int, int]:
    """The first byte and the end of those that some instruction reads.

    LLVM fills gaps: it loads four aligned elements where three are used, and the fourth may lie
    beyond the end of the buffer.  What nobody reads is not checked; nor is the upper half of a
    register whose halves are used apart, if it is the last.
    """
    used = [
        (i, each.number)
        for i, each in enumerate(results)
        if isinstance(each, Register) and each.number in layout.registers_read
    ]
    if not used:
        return 0, size * len(results)
    (first, _), (last, number) = used[0], used[-1]
    unsure = size // 2 if len(results) > 1 and number in layout.halves_only else 0
    return first * size, (last + 1) * size - unsure


def store(instruction: Instruction, layout: Layout) -> Step:
    op = Opcode(instruction.opcode)
    type_, count = memory_type(op)
    read_address, space = address_reader(instruction.operands[0], space_of(op), layout)
    take_hints(op)
    op.check_all_taken()
    size = BITS[type_] // 8
    source = instruction.operands[1]
    sources = source.elements if isinstance(source, Vector) else (source,)
    if len(sources) != count:
        raise op.unknown()
    readers = [reader(each, f"b{BITS[type_]}", layout) for each in sources]
    form = Form(instruction, read_address, space, size * count, True)

    def step(t: Threads, at: Lanes) -> None:
        for access, part in accesses(t, at, form):
            values = [read(t, part) for read in readers]
            write_elements(t, instruction, access, size, values)

    return step


def memory_type(op: Opcode) -> tuple[str, int]:
    """The type of an element and how many there are."""
    type_ = op.type()
    if type_ == "pred" or BITS[type_] > 64:
        raise op.unknown()
    return type_, int(op.one_of("v2", "v4", "v8", default="v1")[1:])
