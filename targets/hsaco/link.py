"""Link a relocatable AMD GPU object into a HSACO, the shared object that HIP loads.

One object with no undefined symbols needs little of a linker: three segments (constants, code,
the dynamic table), tables to find symbols by, and a handful of relocations.  The layout is lld's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from clawc.runtime.elf import (
    ABSOLUTE,
    ALLOC,
    DYNAMIC,
    DYNSYM,
    EXECUTE,
    HASH,
    HEADER,
    NOBITS,
    NOTE,
    SECTION,
    STRTAB,
    SYMBOL,
    SYMTAB,
    WRITE,
    Elf,
    ElfError,
    Relocation,
    Symbol,
    read_elf,
)
from clawc.targets.emission import EmissionError
from clawc.targets.hsaco.symbols import SymbolTables

_MACHINE = 224  # EM_AMDGPU
_PAGE = 0x1000
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_PROGRAM_HEADERS = 8
_GNU_HASH = 0x6FFFFFF6
_DYNAMIC_ENTRIES = 7


@dataclass
class Piece:
    """A section of the output."""

    name: str
    type: int
    flags: int
    data: bytes
    align: int = 1
    link: int = 0
    info: int = 0
    entry_size: int = 0
    source: int | None = None  # the index of the input section that it is
    offset: int = 0
    address: int = 0

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


# s_endpgm: LLVM leaves out the code of kernels that cannot be run, as those of empty tensors.
_NO_CODE = bytes.fromhex("000081bf")


def link(data: bytes) -> bytes:
    """The HSACO of a relocatable object.  Raises EmissionError for what it cannot take."""
    try:
        elf = read_elf(data)
    except ElfError as error:
        raise EmissionError(str(error)) from None
    if elf.machine != _MACHINE:
        raise EmissionError(f"expected ELF machine {_MACHINE} (AMD GPU), found {elf.machine}")
    if elf.undefined:
        raise EmissionError(f"no code defines {', '.join(elf.undefined)}")
    tables = SymbolTables.of([s for s in elf.symbols if s.exported])
    pieces = _pieces(elf, tables)
    _place(pieces)
    places = {piece.source: (i, piece) for i, piece in enumerate(pieces) if piece.source}

    def place(symbol: Symbol) -> tuple[int, int]:
        if symbol.section == ABSOLUTE:
            return ABSOLUTE, symbol.value
        index, piece = places[symbol.section]
        return index, piece.address + symbol.value

    for piece in pieces:
        if piece.source:
            piece.data = _relocated(elf, piece, place)
        elif piece.name in (".dynsym", ".symtab"):
            piece.data = tables.dynamic_symbols(place)
        elif piece.name == ".dynamic":
            piece.data = _dynamic(pieces)
    return _written(elf, pieces)


def _pieces(elf: Elf, tables: SymbolTables) -> list[Piece]:
    """All sections of the output in the order of their addresses, then those not loaded."""
    count = len(tables.symbols) + 1
    symbols, entry = bytes(count * SYMBOL.size), SYMBOL.size
    named = {symbol.section for symbol in tables.symbols}
    loaded = [
        (i, s)
        for i, s in enumerate(elf.sections)
        if s.flags & ALLOC and (s.data or i in named) and s.type != NOTE
    ]

    def inputs(flags: int) -> list[Piece]:
        return [
            Piece(s.name, s.type, flags | ALLOC, s.data or _NO_CODE, s.align, source=i)
            for i, s in loaded
            if s.flags & (WRITE | EXECUTE) == flags
        ]

    note = elf.section(".note")
    pieces = [
        Piece("", 0, 0, b""),
        Piece(".note", NOTE, ALLOC, note.data if note else b"", 4),
        Piece(".dynsym", DYNSYM, ALLOC, symbols, 8, link=5, info=1, entry_size=entry),
        Piece(".gnu.hash", _GNU_HASH, ALLOC, tables.gnu_hash(), 8, link=2),
        Piece(".hash", HASH, ALLOC, tables.sysv_hash(), 4, link=2, entry_size=4),
        Piece(".dynstr", STRTAB, ALLOC, tables.names),
        *inputs(0),
        *inputs(EXECUTE),
        Piece(".dynamic", DYNAMIC, ALLOC | WRITE, bytes(16 * _DYNAMIC_ENTRIES), 8, 5, 0, 16),
        *inputs(WRITE),
        *_line_tables(elf),
    ]
    names = len(pieces) + 1
    # Loaders differ in the table that they read; both say the same.
    pieces.append(Piece(".symtab", SYMTAB, 0, symbols, 8, link=names, info=1, entry_size=entry))
    pieces.append(Piece(".strtab", STRTAB, 0, tables.names))
    pieces.append(Piece(".shstrtab", STRTAB, 0, b""))
    pieces[-1].data = b"\0".join(p.name.encode() for p in pieces) + b"\0"
    return pieces


def _line_tables(elf: Elf) -> list[Piece]:
    """What debuggers read; it is not loaded."""
    return [
        Piece(s.name, s.type, s.flags, s.data, s.align, source=i)
        for i, s in enumerate(elf.sections)
        if s.name.startswith(".debug_")
    ]


def _place(pieces: list[Piece]) -> None:
    """Offsets in the file; an address is a page further for each segment that starts in a page."""
    end, bias, segment = HEADER.size + _PROGRAM_HEADERS * _PROGRAM_HEADER.size, 0, 0
    for piece in pieces[1:]:
        if piece.flags & ALLOC and piece.flags & (WRITE | EXECUTE) != segment:
            segment = piece.flags & (WRITE | EXECUTE)
            bias += _PAGE if end % _PAGE else 0
        piece.offset = _aligned(end, piece.align)
        piece.address = piece.offset + bias if piece.flags & ALLOC else 0
        end = piece.end


def _relocated(elf: Elf, piece: Piece, place) -> bytes:
    data = bytearray(piece.data)
    for relocation in elf.relocations(piece.source or 0):
        target = place(relocation.symbol)[1] + relocation.addend
        distance = target - (piece.address + relocation.offset)
        value = _value(relocation, target, distance)
        data[relocation.offset : relocation.offset + len(value)] = value
    return bytes(data)


def _value(relocation: Relocation, target: int, distance: int) -> bytes:
    low = 0xFFFFFFFF
    match relocation.type:
        case 1 | 6:  # ABS32_LO, ABS32
            return struct.pack("<I", target & low)
        case 3:  # ABS64
            return struct.pack("<Q", target)
        case 4 | 10:  # REL32, REL32_LO
            return struct.pack("<I", distance & low)
        case 11:  # REL32_HI
            return struct.pack("<I", distance >> 32 & low)
        case 5:  # REL64
            return struct.pack("<q", distance)
    raise EmissionError(
        f"cannot link relocation type {relocation.type} against {relocation.symbol.name!r}"
    )


def _dynamic(pieces: list[Piece]) -> bytes:
    found = {piece.name: piece for piece in pieces}
    entries = [
        (6, found[".dynsym"].address),
        (11, SYMBOL.size),
        (5, found[".dynstr"].address),
        (10, len(found[".dynstr"].data)),
        (0x6FFFFEF5, found[".gnu.hash"].address),
        (4, found[".hash"].address),
        (0, 0),
    ]
    assert len(entries) == _DYNAMIC_ENTRIES
    return b"".join(struct.pack("<QQ", *entry) for entry in entries)


def _written(elf: Elf, pieces: list[Piece]) -> bytes:
    sections_at = _aligned(pieces[-1].end, 8)
    image = bytearray(sections_at)
    for piece in pieces[1:]:
        if piece.type != NOBITS:
            image[piece.offset : piece.end] = piece.data
    header = HEADER.pack(
        *(elf.identity, 3, _MACHINE, 1, 0, HEADER.size, sections_at, elf.flags, HEADER.size),
        *(_PROGRAM_HEADER.size, _PROGRAM_HEADERS, SECTION.size, len(pieces), len(pieces) - 1),
    )
    headers = header + _program_headers(pieces)
    image[: len(headers)] = headers
    name = 0
    for piece in pieces:
        image += SECTION.pack(
            *(name, piece.type, piece.flags, piece.address, piece.offset, len(piece.data)),
            *(piece.link, piece.info, piece.align if piece.name else 0, piece.entry_size),
        )
        name += len(piece.name) + 1
    return bytes(image)


def _program_headers(pieces: list[Piece]) -> bytes:
    read, execute, write = 4, 1, 2

    def load(first: Piece, last: Piece, flags: int) -> tuple[int, ...]:
        size = last.end - first.offset
        return 1, flags, first.offset, first.address, first.address, size, size, _PAGE

    found = {piece.name: piece for piece in pieces}
    loaded = [piece for piece in pieces if piece.flags & ALLOC]
    constants = [piece for piece in loaded if not piece.flags & (WRITE | EXECUTE)]
    code = [piece for piece in loaded if piece.flags & EXECUTE]
    writable = [piece for piece in loaded if piece.flags & WRITE]
    note, dynamic = found[".note"], found[".dynamic"]
    table = HEADER.size, _PROGRAM_HEADERS * _PROGRAM_HEADER.size
    at = dynamic.offset, dynamic.address, dynamic.address
    # lld keeps the dynamic table in its own pages, so that it can be made read-only.
    padded = _aligned(dynamic.address + len(dynamic.data), _PAGE) - dynamic.address
    data = load(writable[0], writable[-1], read | write)
    rows = [
        (6, read, table[0], table[0], table[0], table[1], table[1], 8),
        (1, read, 0, 0, 0, constants[-1].end, constants[-1].end, _PAGE),
        load(code[0], code[-1], read | execute),
        (*data[:6], max(data[6], padded), _PAGE),
        (2, read | write, *at, len(dynamic.data), len(dynamic.data), 8),
        (0x6474E552, read, *at, len(dynamic.data), padded, 1),
        (0x6474E551, read | write, 0, 0, 0, 0, 0, 0),
        (4, read, note.offset, note.address, note.address, len(note.data), len(note.data), 4),
    ]
    return b"".join(_PROGRAM_HEADER.pack(*row) for row in rows)


def _aligned(offset: int, align: int) -> int:
    return -(-offset // align) * align
