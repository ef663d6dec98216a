"""Where an access to memory leads, and what is checked on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clawc.emulators.interface import EmulationError
from clawc.emulators.memory import ALIGNMENT, BASE, end_of_granule
from clawc.emulators.ptx.layout import (
    FIRST,
    LOCAL,
    PARAM,
    RANK_SHIFT,
    SHARED,
    WINDOW,
    Layout,
)
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Address, Instruction, Operand, Register, Symbol
from clawc.emulators.ptx.threads import Lanes, Reader, Threads, reader
from clawc.emulators.ptx.values import UNSIGNED, Array
from clawc.emulators.ptx.watched_access import Access, count_access, note_reads, note_writes

SPACES = ("global", "shared", "local", "param", "const")
PENDING = 2  # in the map of what is initialised: an asynchronous copy is on its way
_HINTS = (
    "nc ca cg cs lu cv wb wt weak volatile relaxed acquire release acq_rel cta cluster gpu sys "
    "L1::evict_last L1::evict_first L1::no_allocate L1::evict_normal L1::evict_unchanged "
    "L2::64B L2::128B L2::256B"
).split()


@dataclass(frozen=True)
class Form:
    """What is the same whenever an instruction accesses memory."""

    instruction: Instruction
    read_address: Reader
    space: str  # "generic": the address tells
    size: int  # of the access, in bytes
    writes: bool
    used: tuple[int, int] = (0, 0)  # the bytes that matter, first and end; (0, 0): all

    @property
    def bytes_used(self) -> tuple[int, int]:
        return self.used if self.used[1] else (0, self.size)


def space_of(op: Opcode) -> str:
    """The memory that the modifiers say; "generic" if none."""
    for name in SPACES:
        for suffix in ("", "::cta", "::cluster", "::entry", "::func"):
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


def accesses(t: Threads, at: Lanes, form: Form) -> list[tuple[Access, Lanes]]:
    """Where the lanes' addresses lead, memory by memory; lanes whose access is not sound drop out,
    and their results stay what they were."""
    address = form.read_address(t, at)
    lanes = t.taking_part(at)
    if len(address) != len(lanes):
        address = np.broadcast_to(address, len(lanes))
    if form.space != "generic":
        if form.space in ("shared", "local", "param"):
            address = address & (WINDOW - 1)
        return [place(t, at, form, form.space, address, lanes)]
    found = []
    for space, inside in by_window(address):
        if inside.any():
            part = lanes[inside]
            found.append(place(t, part, form, space, address[inside] - FIRST[space], part))
    return found


def by_window(address: Array) -> list[tuple[str, Array]]:
    """The lanes whose generic addresses are in each memory."""
    spaces = [("shared", SHARED), ("local", LOCAL), ("param", PARAM)]
    inside = [(name, (address >= first) & (address < first + WINDOW)) for name, first in spaces]
    elsewhere = ~(inside[0][1] | inside[1][1] | inside[2][1])
    return [("global", elsewhere), *inside]


def in_shared(t: Threads, address: Array, lanes: Array) -> tuple[Array, Array]:
    """The number of the workgroup, among those executed, that addresses within the window of shared
    memory belong to, and where in its memory they are; -1 there where a cluster has no such one."""
    own = t.group[lanes]
    if t.layout.cluster == 1:
        return own, address
    rank, inner = (address >> RANK_SHIFT) - 1, address & ((1 << RANK_SHIFT) - 1)
    first = own - own % t.layout.cluster
    named = np.where(rank < 0, own, first + rank)
    absent = rank >= t.layout.cluster
    return np.where(absent, own, named), np.where(absent, -1, inner)


OFFSETS: dict[str, Callable[[Threads, Array, Array], Array]] = {
    "global": lambda t, address, lanes: address - BASE,
    "local": lambda t, address, lanes: address + lanes * t.layout.local_size,
    "param": lambda t, address, lanes: address,
}


def place(
    t: Threads, at: Lanes, form: Form, space: str, address: Array, lanes: Array
) -> tuple[Access, Lanes]:
    """Offsets into the bytes of one memory, after the checks."""
    space = "global" if space == "const" else space
    if space == "shared":
        group, address = in_shared(t, address, lanes)
        offset = address + group * t.layout.shared_stride
    else:
        offset = OFFSETS[space](t, address, lanes)
    access = Access(space, lanes, offset, form.size)
    if t.watch.check:
        sound = check(t, form, access, address)
        if not sound.all():
            lanes = lanes[sound]
            access = Access(space, lanes, offset[sound], form.size)
            at = lanes
    if t.watch.count:
        count_access(t, access, form.writes)
    return access, at


def check(t: Threads, form: Form, access: Access, address: Array) -> Array:
    """Bounds, alignment, initialisation, and races of reads; the lanes that may go on."""
    lanes, space = access.lanes, access.space
    first, end = form.bytes_used
    does = f"{'writes' if form.writes else 'reads'} {end - first} bytes at"
    askew = address & (form.size - 1) != 0
    if askew.any():
        where = described(t, space, int(address[askew][0]))
        t.report("misaligned", form.instruction, f"{does} {where}", lanes[askew])
    limit = end_of_object(t, space, access.offset)
    if space == "global" and not form.writes:
        limit = np.where(address + first < limit, end_of_granule(np.asarray(limit)), limit)
    outside = (address + end > limit) | (address < 0)
    if outside.any():
        where = described(t, space, int(address[outside][0]) + first)
        t.report("out-of-bounds", form.instruction, f"{does} {where}", lanes[outside])
    sound = ~(askew | outside)
    if form.writes or not sound.any():
        return sound
    chosen = slice(None) if sound.all() else sound
    used = Access(space, lanes[chosen], access.offset[chosen] + first, end - first)
    check_initialised(t, form, used, address[chosen])
    if space in t.shadows:
        note_reads(t, form.instruction, used)
    return sound


def check_initialised(t: Threads, form: Form, access: Access, address: Array) -> None:
    known = t.initialised.get(access.space)
    if known is None:
        return
    first, last = known[access.offset], known[access.offset + access.size - 1]
    missing = (first != 1) | (last != 1)
    if missing.any():
        pending = ((first == PENDING) | (last == PENDING)).any()
        what = "before the copy is waited for" if pending else "before anything is written"
        where = described(t, access.space, int(address[missing][0]))
        message = f"reads {where} {what}"
        t.report("uninitialised", form.instruction, message, access.lanes[missing])


def end_of_object(t: Threads, space: str, offset: Array) -> Array | int:
    """The first address after what an address points into; 0 where there is nothing."""
    if space == "global":
        limits = t.watch.limits
        granule = offset // ALIGNMENT
        known = (granule >= 0) & (granule < len(limits))
        return np.where(known, limits[np.where(known, granule, 0)] + BASE, 0)
    return t.layout.size_of(space)


def described(t: Threads, space: str, address: int) -> str:
    if space != "global":
        return f"byte {address} of {space} memory, of {t.layout.size_of(space)} bytes"
    return t.watch.nearest_buffer(address - BASE)


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
    note_writes(t, instruction, access, changes, clash)
    mark_initialised(t, access)


def mark_initialised(t: Threads, access: Access) -> None:
    known = t.initialised.get(access.space)
    if known is not None:
        for i in range(access.size):
            known[access.offset + i] = 1


def element_view(t: Threads, space: str, size: int) -> Array:
    """The bytes of a memory as elements of `size` bytes."""
    return t.bytes[space].view(UNSIGNED[8 * size])
