"""Read an ELF file: its sections, symbols and relocations."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QQq")

SYMTAB, STRTAB, RELA, HASH, DYNAMIC, NOTE, NOBITS, DYNSYM = 2, 3, 4, 5, 6, 7, 8, 11
WRITE, ALLOC, EXECUTE = 1, 2, 4
UNDEFINED, ABSOLUTE = 0, 0xFFF1
_HIDDEN, _WEAK = 2, 2
_LARGEST = 1 << 30  # bytes of a section


class ElfError(ValueError):
    """The bytes are no ELF file, or one that is damaged."""


@dataclass(frozen=True)
class Section:
    """A section with its content; `address` is 0 in a relocatable object."""

    name: str
    type: int
    flags: int
    address: int
    data: bytes
    link: int
    info: int
    align: int


@dataclass(frozen=True)
class Symbol:
    """A symbol; `section` is an index, UNDEFINED or ABSOLUTE."""

    name: str
    info: int
    other: int
    section: int
    value: int
    size: int

    @property
    def exported(self) -> bool:
        """Whether other files, and loaders, can see it."""
        return bool(self.name) and self.info >> 4 != 0 and self.other & 3 != _HIDDEN

    @property
    def weak(self) -> bool:
        """Whether the address is 0 where nothing defines it."""
        return self.info >> 4 == _WEAK


@dataclass(frozen=True)
class Relocation:
    """Write the symbol's address plus `addend`, in the way that `type` says, at `offset`."""

    offset: int
    type: int
    symbol: Symbol
    addend: int


@dataclass(frozen=True)
class Elf:
    """An ELF file."""

    kind: int  # 1: relocatable, 3: shared object
    machine: int
    identity: bytes  # the first 16 bytes: class, ABI and its version
    flags: int  # the chip, and features that are on
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]

    @property
    def undefined(self) -> list[str]:
        """The symbols that another file must define."""
        return [s.name for s in self.symbols if s.name and s.section == UNDEFINED]

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((s for s in self.sections if s.name == name), None)

    def relocations(self, section: int) -> list[Relocation]:
        """What is to be patched in the section of that index."""
        found = []
        for table in self.sections:
            if table.type != RELA or table.info != section:
                continue
            for offset, info, addend in RELOCATION.iter_unpack(table.data):
                symbol = self.symbols[info >> 32]
                found.append(Relocation(offset, info & 0xFFFFFFFF, symbol, addend))
        return found


def read_elf(data: bytes) -> Elf:
    """The file in `data`.  Raises ElfError unless it is a sound one of 64 bits, little-endian."""
    if len(data) < HEADER.size or data[:6] != b"\x7fELF\x02\x01":
        raise ElfError("expected a 64-bit little-endian ELF file")
    try:
        return _read(data)
    except (struct.error, ValueError, IndexError):
        raise ElfError("it is truncated or corrupt") from None


def _read(data: bytes) -> Elf:
    header = HEADER.unpack_from(data)
    identity, kind, machine, _, _, _, sections_at, flags = header[:8]
    _, _, _, _, count, names_index = header[8:]
    raw = [SECTION.unpack_from(data, sections_at + i * SECTION.size) for i in range(count)]

    def content(index: int) -> bytes:
        _, type_, _, _, offset, size, *_ = raw[index]
        if size > _LARGEST or type_ != NOBITS and offset + size > len(data):
            raise ValueError(f"section {index} is not there")
        return bytes(size) if type_ == NOBITS else data[offset : offset + size]

    names = content(names_index)
    sections = tuple(
        Section(_text(names, name), type_, flags_, address, content(i), link, info, max(align, 1))
        for i, (name, type_, flags_, address, _, _, link, info, align, _) in enumerate(raw)
    )
    wanted = SYMTAB if kind == 1 else DYNSYM
    symbols = tuple(
        Symbol(_text(sections[table.link].data, name), info, other, section, value, size)
        for table in sections
        if table.type == wanted
        for name, info, other, section, value, size in SYMBOL.iter_unpack(table.data)
    )
    return Elf(kind, machine, identity, flags, sections, symbols)


def _text(table: bytes, start: int) -> str:
    return table[start : table.index(b"\0", start)].decode()
