"""Link a relocatable ELF object to run at an address of this process.

One object and a few functions of the C library need little of a linker: sections in the order of
their protection, relocations applied, a jump for each function from elsewhere, which may be too
far for a call, and a table of addresses.  Nothing is writable and executable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clawc.runtime.elf import (
    ABSOLUTE,
    ALLOC,
    EXECUTE,
    UNDEFINED,
    WRITE,
    Elf,
    ElfError,
    Relocation,
    Section,
    Symbol,
    read_elf,
)
from clawc.runtime.errors import BadImage
from clawc.runtime.relocations import PROCESSORS, Processor, RelocationError, Rule

LINKING = "linking the object"
RELOCATABLE = 1
PROTECTIONS = (ALLOC | EXECUTE, ALLOC, ALLOC | WRITE)  # code, constants, variables: in this order
JUMP_BYTES = 16
ADDRESS_BYTES = 8
LARGEST = 1 << 30  # bytes, so that relative addresses of 32 bits reach everything
UNWINDING = ".eh_frame"  # for exceptions and debuggers, which nobody is told of
RELOCATED_CONSTANTS = ".data.rel.ro"
MADE_BY_LINKER = "_GLOBAL_OFFSET_TABLE_"


@dataclass(frozen=True)
class Segment:
    """Pages of one protection, from the start of the object's memory."""

    start: int
    size: int
    executable: bool
    writable: bool


@dataclass(frozen=True)
class HostObject:
    """An object, and where in its memory everything goes; the address is not known yet."""

    elf: Elf
    processor: Processor
    segments: tuple[Segment, ...]
    sections: Mapping[int, int]  # offsets by the section's index
    jumps: Mapping[str, int]  # by the function's name
    table: Mapping[Symbol, int]  # slots that hold a symbol's address

    @classmethod
    def of(cls, data: bytes, machine: str, page: int) -> HostObject:
        """The object in `data` for a machine ("x86_64", "aarch64"), on pages of so many bytes;
        BadImage if it cannot be linked there."""
        try:
            return _placed(read_elf(data), machine, page)
        except ElfError as error:
            raise BadImage(LINKING, str(error)) from None

    @property
    def size(self) -> int:
        return self.segments[-1].start + self.segments[-1].size

    @property
    def undefined(self) -> list[str]:
        """The functions that somebody else has to define."""
        return sorted(
            {
                symbol.name
                for symbol in self.elf.symbols
                if symbol.name not in ("", MADE_BY_LINKER)
                and symbol.section == UNDEFINED
                and not symbol.weak
            }
        )

    def functions(self) -> dict[str, int]:
        """Offsets of what the object gives to others, by name."""
        return {
            symbol.name: self.sections[symbol.section] + symbol.value
            for symbol in self.elf.symbols
            if symbol.exported and symbol.section in self.sections
        }

    def linked(self, base: int, elsewhere: Mapping[str, int]) -> bytearray:
        """The memory of the object that is to lie at `base`; `elsewhere` has the addresses of the
        undefined functions.  BadImage where something cannot be reached."""
        memory = bytearray(self.size)
        for index, offset in self.sections.items():
            data = self.elf.sections[index].data
            memory[offset : offset + len(data)] = data
        code = self.processor.jump
        for name, offset in self.jumps.items():
            target = elsewhere.get(name, 0).to_bytes(ADDRESS_BYTES, "little")
            memory[offset : offset + JUMP_BYTES] = code + target + bytes(8 - len(code))
        for symbol, offset in self.table.items():
            address = self.address(symbol, base, elsewhere)
            memory[offset : offset + ADDRESS_BYTES] = address.to_bytes(ADDRESS_BYTES, "little")
        for index, offset in self.sections.items():
            for relocation in self.elf.relocations(index):
                self.apply(relocation, memory, offset, base, elsewhere)
        return memory

    def apply(
        self,
        relocation: Relocation,
        memory: bytearray,
        section: int,
        base: int,
        elsewhere: Mapping[str, int],
    ) -> None:
        """Patch one place of the section at an offset."""
        rule, symbol = self.processor.rules[relocation.type], relocation.symbol
        if rule.target == "table":
            address = base + self.table[symbol]
        elif rule.target == "call" and symbol.section == UNDEFINED:
            address = base + self.jumps[symbol.name]
        else:
            address = self.address(symbol, base, elsewhere)
        at, size = section + relocation.offset, rule.field.size
        value = rule.computed(address + relocation.addend, base + at)
        word = int.from_bytes(memory[at : at + size], "little")
        try:
            patched = rule.field.put(word, value)
        except RelocationError as error:
            raise BadImage(
                LINKING, f"{rule.name} of {symbol.name or 'a section'}: {error}"
            ) from None
        memory[at : at + size] = patched.to_bytes(size, "little")

    def address(self, symbol: Symbol, base: int, elsewhere: Mapping[str, int]) -> int:
        """Where a symbol is, 0 for a weak one that nobody defines."""
        if symbol.section == ABSOLUTE:
            return symbol.value
        if symbol.section == UNDEFINED:
            return elsewhere.get(symbol.name, 0)
        return base + self.sections[symbol.section] + symbol.value


def _placed(elf: Elf, machine: str, page: int) -> HostObject:
    processor = PROCESSORS.get(machine)
    if processor is None:
        known = ", ".join(PROCESSORS)
        raise BadImage(LINKING, f"no objects are linked for {machine}, only for {known}")
    if elf.kind != RELOCATABLE or elf.machine != processor.machine:
        raise BadImage(LINKING, f"it is not a relocatable object for {machine}")
    loaded = {i: s for i, s in enumerate(elf.sections) if s.flags & ALLOC and s.name != UNWINDING}
    called, tabled = _needed(elf, processor, loaded)
    segments: list[Segment] = []
    sections: dict[int, int] = {}
    jumps: dict[str, int] = {}
    table: dict[Symbol, int] = {}
    at = 0
    for flags in PROTECTIONS:
        start = at = _up(at, page)
        for index, section in loaded.items():
            if _protection(section) == flags:
                sections[index] = at = _up(at, section.align)
                at += len(section.data)
        at = _up(at, JUMP_BYTES)
        if flags & EXECUTE:
            jumps = {name: at + JUMP_BYTES * i for i, name in enumerate(called)}
            at += JUMP_BYTES * len(jumps)
        elif not flags & WRITE:
            table = {symbol: at + ADDRESS_BYTES * i for i, symbol in enumerate(tabled)}
            at += ADDRESS_BYTES * len(table)
        segments.append(Segment(start, at - start, bool(flags & EXECUTE), bool(flags & WRITE)))
    if at > LARGEST:
        raise BadImage(LINKING, f"it takes {at} bytes, more than {LARGEST}")
    both = [section.name for index, section in loaded.items() if index not in sections]
    if both:
        raise BadImage(LINKING, f"{', '.join(both)} would be writable and executable")
    return HostObject(elf, processor, tuple(segments), sections, jumps, table)


def _needed(
    elf: Elf, processor: Processor, loaded: Mapping[int, Section]
) -> tuple[list[str], list[Symbol]]:
    """The functions that need a jump, and the symbols that need a slot."""
    called: dict[str, None] = {}
    tabled: dict[Symbol, None] = {}
    for index, section in loaded.items():
        for relocation in elf.relocations(index):
            rule, symbol = _rule(processor, relocation, len(section.data)), relocation.symbol
            if symbol.section not in (UNDEFINED, ABSOLUTE, *loaded):
                raise BadImage(LINKING, f"{symbol.name!r} is in a section that is not loaded")
            if rule.target == "call" and symbol.section == UNDEFINED:
                called[symbol.name] = None
            elif rule.target == "table":
                tabled[symbol] = None
    return list(called), list(tabled)


def _protection(section: Section) -> int:
    """The flags of its pages, after relocation: addresses in constants are written only then."""
    flags = section.flags & (ALLOC | WRITE | EXECUTE)
    return flags & ~WRITE if section.name.startswith(RELOCATED_CONSTANTS) else flags


def _up(offset: int, align: int) -> int:
    return -(-offset // align) * align


def _rule(processor: Processor, relocation: Relocation, size: int) -> Rule:
    rule = processor.rules.get(relocation.type)
    if rule is None:
        raise BadImage(LINKING, f"the relocation {relocation.type} is not known")
    if relocation.offset + rule.field.size > size:
        raise BadImage(LINKING, "it is truncated or corrupt")
    return rule
