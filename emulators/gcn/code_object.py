"""Load an AMD code object as the driver does: segments, exported symbols, kernel descriptors."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from clawc.emulators.dwarf_lines import DamagedLines, LineTable, read_lines
from clawc.emulators.gcn.windows import IMAGE_BASE
from clawc.runtime.message_pack import DamagedMessage, unpack

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_DYNAMIC = struct.Struct("<Qq")
_DESCRIPTOR = struct.Struct("<IIII q 20x IIIHH4x")  # 64 bytes
_MACHINE, _LOAD, _DYNAMIC_SEGMENT, _NOTE, _METADATA = 224, 1, 2, 4, 32
_HASH, _STRTAB, _SYMTAB, _RELA, _RELA_SIZE = 4, 5, 6, 7, 8
_RELOCATION, _RELATIVE = struct.Struct("<QQq"), 13  # R_AMDGPU_RELATIVE64
_DYNAMIC_STACK = 4096  # bytes, where nobody can know how many a kernel's calls need
_EXECUTE = 1
_NO_BITS, _COMPRESSED = 8, 1 << 11  # a section's type, and a flag of it


class DamagedCodeObject(ValueError):
    """Bytes that are no AMD code object, or only a part of one."""


@dataclass(frozen=True)
class Descriptor:
    """What the hardware is told about a kernel; LLVM's "AMDGPU Usage", "Kernel Descriptor"."""

    name: str
    entry: int  # address of its first instruction
    shared: int
    fixed_private: int
    kernarg: int
    resources: tuple[int, int, int]  # compute_pgm_rsrc1, 2, 3
    properties: int
    preload: int
    arguments: tuple[tuple[str, int, int], ...] = ()  # kind, offset, bytes

    @property
    def preloaded(self) -> tuple[int, int]:
        """How many words of the arguments are in registers at the start, and from which word on."""
        return self.preload & 127, self.preload >> 7

    @property
    def private(self) -> int:
        """Bytes of scratch of a thread."""
        return self.fixed_private + (_DYNAMIC_STACK if self.properties >> 11 & 1 else 0)

    @property
    def lanes(self) -> int:
        return 32 if self.properties >> 10 & 1 else 64

    @property
    def two_compute_units(self) -> bool:
        """Whether a workgroup's waves may run on both of RDNA's pair, each with its cache."""
        return bool(self.resources[0] >> 29 & 1)

    @property
    def user_scalars(self) -> int:
        return self.resources[1] >> 1 & 31

    @property
    def mode(self) -> int:
        """Of rounding, of denormals, of `clamp` and of overflow: the hardware's MODE."""
        first = self.resources[0]
        return first >> 12 & 0xFF | (first >> 21 & 1) << 8 | (first >> 26 & 1) << 23

    def vector_registers(self, granules: dict[int, int]) -> int:
        """How many registers are allocated to a thread; `granules` as in `Generation`."""
        return ((self.resources[0] & 63) + 1) * granules[self.lanes]

    @property
    def accumulators_from(self) -> int:
        """Where the accumulators begin among the vector registers (CDNA 2 and later)."""
        return ((self.resources[2] & 63) + 1) * 4


@dataclass(frozen=True)
class CodeObject:
    """`memory[a]` is the byte at address a, as the loader places it; `code` are address ranges."""

    memory: bytes
    code: tuple[tuple[int, int], ...]
    kernels: tuple[Descriptor, ...]
    lines: LineTable = field(default_factory=lambda: LineTable([]))


def read_code_object(data: bytes) -> CodeObject:
    """The code object; DamagedCodeObject with the reason if it is none."""
    try:
        return _read(data)
    except (struct.error, LookupError, UnicodeDecodeError, DamagedMessage) as error:
        raise DamagedCodeObject(f"the code object is damaged or cut off: {error}") from None


def _read(data: bytes) -> CodeObject:
    if len(data) < _HEADER.size or data[:5] != b"\x7fELF\x02":
        raise DamagedCodeObject("not a 64-bit ELF file")
    header = _HEADER.unpack_from(data)
    if header[2] != _MACHINE:
        raise DamagedCodeObject(f"ELF machine {header[2]} is not AMD's ({_MACHINE})")
    start, size, count = header[5], header[9], header[10]
    rows = [_PROGRAM_HEADER.unpack_from(data, start + i * size) for i in range(count)]
    loaded = [row for row in rows if row[0] == _LOAD]
    if not loaded:
        raise DamagedCodeObject("it has no segments to load; a relocatable object must be linked")
    memory = bytearray(max(row[3] + row[6] for row in loaded))
    for _, _, offset, address, _, in_file, _, _ in loaded:
        if offset + in_file > len(data):
            raise DamagedCodeObject("a segment reaches beyond the file's end")
        memory[address : address + in_file] = data[offset : offset + in_file]
    code = tuple((row[3], row[3] + row[6]) for row in loaded if row[1] & _EXECUTE)
    arguments = _arguments(bytes(memory), rows)
    dynamic = next((row for row in rows if row[0] == _DYNAMIC_SEGMENT), None)
    if dynamic is None:
        raise DamagedCodeObject("it has no table of dynamic symbols")
    table = dict(_dynamic(memory, dynamic[3]))
    _relocate(memory, table)
    kernels = tuple(_kernels(bytes(memory), table, arguments))
    return CodeObject(bytes(memory), code, kernels, _lines(data, header))


def _lines(data: bytes, header: tuple[int, ...]) -> LineTable:
    """The lines of the program; none if they cannot be read, which no driver would mind."""
    try:
        return read_lines(_debug_sections(data, header))
    except DamagedLines:
        return LineTable([])


def _debug_sections(data: bytes, header: tuple[int, ...]) -> dict[str, bytes]:
    """The sections called `.debug_...` by name."""
    start, size, count, names = header[6], *header[11:]
    rows = [_SECTION_HEADER.unpack_from(data, start + i * size) for i in range(count)]
    found = {}
    for name_at, kind, flags, _, offset, length, *_ in rows:
        begin = rows[names][4] + name_at
        name = data[begin:].split(b"\0", 1)[0].decode()
        if name.startswith(".debug_") and kind != _NO_BITS and not flags & _COMPRESSED:
            found[name] = data[offset : offset + length]
    return found


Arguments = dict[str, tuple[tuple[str, int, int], ...]]


def _arguments(memory: bytes, rows: list[tuple[int, ...]]) -> Arguments:
    """The arguments of each kernel by its symbol, from the metadata in the notes."""
    for row in rows:
        at, end = row[3], row[3] + row[5]
        while row[0] == _NOTE and at + 12 <= end:
            name_size, size, kind = struct.unpack_from("<III", memory, at)
            start = at + 12 + (name_size + 3) // 4 * 4
            if kind == _METADATA:
                kernels = unpack(memory[start : start + size]).get("amdhsa.kernels", [])
                return {kernel[".symbol"]: _arguments_of(kernel) for kernel in kernels}
            at = start + (size + 3) // 4 * 4
    raise DamagedCodeObject("it has no metadata about its kernels")


def _arguments_of(kernel: dict[str, Any]) -> tuple[tuple[str, int, int], ...]:
    rows = kernel.get(".args", [])
    return tuple((row[".value_kind"], row[".offset"], row[".size"]) for row in rows)


def _dynamic(memory: bytearray, at: int) -> Iterator[tuple[int, int]]:
    """The rows of the dynamic table: a tag and a value."""
    while True:
        tag, value = _DYNAMIC.unpack_from(memory, at)
        if not tag:
            return
        yield tag, value
        at += _DYNAMIC.size


def _relocate(memory: bytearray, table: dict[int, int]) -> None:
    """Write the addresses that depend on where the loader has placed the code object."""
    first = table.get(_RELA, 0)
    for at in range(first, first + table.get(_RELA_SIZE, 0), _RELOCATION.size):
        place, kind, addend = _RELOCATION.unpack_from(memory, at)
        if kind != _RELATIVE:
            raise DamagedCodeObject(f"it has a dynamic relocation of type {kind & 0xFFFFFFFF}")
        struct.pack_into("<Q", memory, place, IMAGE_BASE + addend)


def _kernels(memory: bytes, table: dict[int, int], arguments: Arguments) -> list[Descriptor]:
    symbols = struct.unpack_from("<II", memory, table[_HASH])[1]
    found = []
    for i in range(symbols):
        name_at, _, _, _, value, _ = _SYMBOL.unpack_from(memory, table[_SYMTAB] + i * _SYMBOL.size)
        begin = table[_STRTAB] + name_at
        name = memory[begin : memory.index(b"\0", begin)].decode()
        if name.endswith(".kd"):
            found.append(_descriptor(name, memory, value, arguments.get(name, ())))
    return found


def _descriptor(
    symbol: str, memory: bytes, at: int, arguments: tuple[tuple[str, int, int], ...]
) -> Descriptor:
    shared, private, kernarg, _, entry, rsrc3, rsrc1, rsrc2, properties, preload = (
        _DESCRIPTOR.unpack_from(memory, at)
    )
    resources = rsrc1, rsrc2, rsrc3
    name = symbol.removesuffix(".kd")
    return Descriptor(
        *(name, at + entry, shared, private, kernarg, resources, properties, preload, arguments)
    )
