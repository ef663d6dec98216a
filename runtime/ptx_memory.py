"""Loads and stores: where an address leads, and what is checked on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.runtime.emulated_memory import ALIGNMENT, BASE
from clawc.runtime.emulator_interface import EmulationError
from clawc.runtime.ptx_layout import FIRST, LOCAL, PARAM, SHARED, WINDOW, Layout
from clawc.runtime.ptx_opcode import Opcode
from clawc.runtime.ptx_syntax import Address, Instruction, Operand, Register, Symbol, Vector
from clawc.runtime.ptx_threads import Lanes, Reader, Step, Threads, reader, writer
from clawc.runtime.ptx_values import BITS, UNSIGNED, Array

SPACES = ("global", "shared", "local", "param", "const")
PENDING = 2  # in the map of what is initialised: an asynchronous copy is on its way
_HINTS = (
    "nc ca cg cs lu cv wb wt weak volatile relaxed acquire release acq_rel cta cluster gpu sys "
    "L1::evict_last L1::evict_first L1::no_allocate L1::evict_normal L1::evict_unchanged "
    "L2::64B L2::128B L2::256B"
).split()


@dataclass
class Access:
    """One access by some lanes: their places in the array of bytes of a memory."""

    space: str
    lanes: Array
    offset: Array
    size: int


def space_of(op: Opcode) -> str:
    """The memory that the modifiers say; "generic" if none."""
    for name in SPACES:
        for suffix in ("", "::cta", "::entry", "::func"):
            if op.flag(name + suffix):
                return name
    return "generic"


def take_hints(op: Opcode) -> None:
    """Modifiers about caches and ordering, which change no value here."""
    for hint in _HINTS:
        op.flag(hint)


def address_reader(operand: Operand, space: str, layout: Layout) -> tuple[Reader, str]:
    """Reads addresses as int64; and the memory, which a variable's name may tell better."""
    if not isinstance(operand, Address):
        raise EmulationError(f"an operand that is no address: {operand}")
    base = operand.base
    if isinstance(base, Symbol):
        space = layout.space_of(base.name) or space
    wide = not isinstance(base, Register) or layout.kernel.widths[base.number] == 64
    read = reader(base, "u64" if wide else "u32", layout)
    offset = np.int64(operand.offset)
    return (lambda t, at: read(t, at).astype(np.int64) + offset), space


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

    def step(t: Threads, at: Lanes) -> None:
        for access, part in accesses(t, at, instruction, read_address, space, size * count, False):
            data = element_view(t, access.space, size)
            first = access.offset // size
            for i, write in enumerate(writers):
                write(t, part, data[first + i] if i else data[first])

    return step


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

    def step(t: Threads, at: Lanes) -> None:
        for access, part in accesses(t, at, instruction, read_address, space, size * count, True):
            values = [read(t, part) for read in readers]
            write_elements(t, instruction, access, size, values)

    return step


def memory_type(op: Opcode) -> tuple[str, int]:
    """The type of an element and how many there are."""
    type_ = op.type()
    if type_ == "pred" or BITS[type_] > 64:
        raise op.unknown()
    return type_, int(op.one_of("v2", "v4", "v8", default="v1")[1:])


def write_elements(
    t: Threads, instruction: Instruction, access: Access, size: int, values: list[Array]
) -> None:
    """Put values one after the other; look whether lanes overwrite each other's."""
    data = element_view(t, access.space, size)
    first = access.offset // size
    shadow = t.shadows.get(access.space)
    old = [data[first + i] for i in range(len(values))] if shadow is not None else []
    for i, value in enumerate(values):
        data[first + i] = value
    if shadow is None:
        mark_initialised(t, access)
        return
    changes = np.zeros(len(first), np.bool_)
    clash = np.zeros(len(first), np.bool_)
    for i, value in enumerate(values):
        changes |= old[i] != value
        clash |= data[first + i] != value
    t.watch.writes(t, instruction, access, changes, clash)
    mark_initialised(t, access)


def mark_initialised(t: Threads, access: Access) -> None:
    known = t.initialised.get(access.space)
    if known is not None:
        for i in range(access.size):
            known[access.offset + i] = 1


def element_view(t: Threads, space: str, size: int) -> Array:
    """The bytes of a memory as elements of `size` bytes."""
    return t.bytes[space].view(UNSIGNED[8 * size])


def accesses(
    t: Threads,
    at: Lanes,
    instruction: Instruction,
    read_address: Reader,
    space: str,
    size: int,
    writes: bool,
) -> list[tuple[Access, Lanes]]:
    """Where the lanes' addresses lead, memory by memory; lanes whose access is not sound drop out,
    and their results stay what they were."""
    address = read_address(t, at)
    lanes = t.taking_part(at)
    if len(address) != len(lanes):
        address = np.broadcast_to(address, len(lanes))
    if space != "generic":
        if space in ("shared", "local", "param"):
            address = address & (WINDOW - 1)
        return [place(t, at, instruction, address, lanes, space, size, writes)]
    found = []
    for name, inside in by_window(address):
        if inside.any():
            part = lanes[inside]
            local = address[inside] - FIRST[name]
            found.append(place(t, part, instruction, local, part, name, size, writes))
    return found


def by_window(address: Array) -> list[tuple[str, Array]]:
    """The lanes whose generic addresses are in each memory."""
    spaces = [("shared", SHARED), ("local", LOCAL), ("param", PARAM)]
    inside = [(name, (address >= first) & (address < first + WINDOW)) for name, first in spaces]
    elsewhere = ~(inside[0][1] | inside[1][1] | inside[2][1])
    return [("global", elsewhere), *inside]


def place(
    t: Threads,
    at: Lanes,
    instruction: Instruction,
    address: Array,
    lanes: Array,
    space: str,
    size: int,
    writes: bool,
) -> tuple[Access, Lanes]:
    """Offsets into the bytes of one memory, after the checks."""
    if space == "const":
        space = "global"
    offset = OFFSETS[space](t, address, lanes)
    access = Access(space, lanes, offset, size)
    if t.watch.check:
        sound = check(t, instruction, access, address, writes)
        if not sound.all():
            lanes = lanes[sound]
            access = Access(space, lanes, offset[sound], size)
            at = lanes
    if t.watch.count:
        t.watch.note_access(t, access, address, writes)
    return access, at


OFFSETS: dict[str, Callable[[Threads, Array, Array], Array]] = {
    "global": lambda t, address, lanes: address - BASE,
    "shared": lambda t, address, lanes: address + t.group[lanes] * t.layout.shared_stride,
    "local": lambda t, address, lanes: address + lanes * t.layout.local_size,
    "param": lambda t, address, lanes: address,
}


def check(
    t: Threads, instruction: Instruction, access: Access, address: Array, writes: bool
) -> Array:
    """Bounds, alignment, initialisation, and races of reads; the lanes that may go on."""
    size, lanes, offset = access.size, access.lanes, access.offset
    verb = "writes" if writes else "reads"
    askew = address & (size - 1) != 0
    if askew.any():
        where = described(t, access.space, int(address[askew][0]))
        t.report("misaligned", instruction, f"{verb} {size} bytes at {where}", lanes[askew])
    end = end_of_object(t, access.space, address, offset)
    outside = (address + size > end) | (address < 0)
    if outside.any():
        where = described(t, access.space, int(address[outside][0]))
        t.report("out-of-bounds", instruction, f"{verb} {size} bytes at {where}", lanes[outside])
    sound = ~(askew | outside)
    if writes or not sound.any():
        return sound
    chosen = slice(None) if sound.all() else sound
    known = t.initialised.get(access.space)
    if known is not None:
        state = known[offset[chosen]]
        last = known[offset[chosen] + size - 1]
        missing = (state != 1) | (last != 1)
        if missing.any():
            pending = ((state == PENDING) | (last == PENDING)).any()
            what = "before the copy is waited for" if pending else "before anything is written"
            where = described(t, access.space, int(address[chosen][missing][0]))
            message = f"reads {where} {what}"
            t.report("uninitialised", instruction, message, lanes[chosen][missing])
    if t.shadows.get(access.space) is not None:
        t.watch.reads(t, instruction, Access(access.space, lanes[chosen], offset[chosen], size))
    return sound


def end_of_object(t: Threads, space: str, address: Array, offset: Array) -> Array | int:
    """The first address after what an address points into; 0 where there is nothing."""
    if space == "global":
        limits = t.watch.limits
        granule = offset // ALIGNMENT
        known = (granule >= 0) & (granule < len(limits))
        return np.where(known, limits[np.where(known, granule, 0)] + BASE, 0)
    sizes = {
        "shared": t.layout.shared_size,
        "local": t.layout.local_size,
        "param": len(t.layout.parameters),
    }
    return sizes[space]


def described(t: Threads, space: str, address: int) -> str:
    if space != "global":
        size = end_of_object(t, space, np.zeros(1), np.zeros(1))
        return f"byte {address} of {space} memory, of {size} bytes"
    return t.watch.nearest_buffer(address - BASE)
