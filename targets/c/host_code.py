"""Host code as C holds it: linked for address 0, with the places where addresses go later."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

from clawc.runtime.elf import UNDEFINED, Symbol
from clawc.runtime.host_object import ADDRESS_BYTES, HostObject


@dataclass(frozen=True)
class Fixup:
    """A place for an address: of the code and `offset`, or of a function of the C library."""

    place: int
    offset: int
    function: str | None


@dataclass(frozen=True)
class HostCode:
    """Memory that is to be filled so, and what is where in it."""

    memory: bytes
    fixups: tuple[Fixup, ...]
    segments: tuple[tuple[int, int, bool, bool], ...]  # start, size, executable, writable
    functions: dict[str, int]

    @classmethod
    def of(cls, data: bytes, machine: str) -> HostCode:
        """The object in `data`, for a machine ("x86_64", "aarch64").  Raises BadImage."""
        linked = HostObject.of(data, machine, mmap.PAGESIZE)
        return cls(
            bytes(linked.linked(0, {})),
            tuple(fixups(linked)),
            tuple((s.start, s.size, s.executable, s.writable) for s in linked.segments),
            linked.functions(),
        )


def fixups(linked: HostObject) -> Iterator[Fixup]:
    """All addresses in the object's memory: of its jumps, of its table, of its own data."""
    for name, offset in linked.jumps.items():
        yield Fixup(offset + len(linked.processor.jump), 0, name)
    for symbol, offset in linked.table.items():
        yield _address(linked, symbol, offset, 0)
    for index, offset in linked.sections.items():
        for relocation in linked.elf.relocations(index):
            rule = linked.processor.rules[relocation.type]
            if rule.value == "absolute" and rule.field.size == ADDRESS_BYTES:
                place = offset + relocation.offset
                yield _address(linked, relocation.symbol, place, relocation.addend)


def _address(linked: HostObject, symbol: Symbol, place: int, addend: int) -> Fixup:
    if symbol.section == UNDEFINED:
        return Fixup(place, addend, symbol.name)
    return Fixup(place, linked.address(symbol, 0, {}) + addend, None)
