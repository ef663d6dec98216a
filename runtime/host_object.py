"""Look at a relocatable ELF object before it is linked into this process.

LLVM's in-process linker ends the whole process over a foreign machine or a symbol that nothing
defines, so both are found here and become errors.  Objects of other formats pass unseen.
"""

from __future__ import annotations

import platform
import struct

import llvmlite.binding as llvm

from clawc.runtime.errors import BadImage

MAGIC = b"\x7fELF"
RELOCATABLE = 1
MACHINES = {"x86_64": 62, "AMD64": 62, "aarch64": 183, "arm64": 183}
FILE_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
SYMBOL_TABLE, UNDEFINED, WEAK = 2, 0, 2
MADE_BY_LINKER = {"", "_GLOBAL_OFFSET_TABLE_"}


def check_object(data: bytes) -> None:
    """Raise BadImage unless the object can be linked here."""
    if not data.startswith(MAGIC):
        if platform.system() == "Linux":
            raise BadImage("loading the object", "not an ELF object")
        return
    try:
        kind, machine = FILE_HEADER.unpack_from(data)[1:3]
        undefined = undefined_symbols(data)
    except (struct.error, ValueError, IndexError):
        raise BadImage("loading the object", "it is truncated or corrupt") from None
    here = platform.machine()
    if kind != RELOCATABLE or machine != MACHINES.get(here, machine):
        raise BadImage("loading the object", f"it is not a relocatable object for {here}")
    unknown = [name for name in undefined if not llvm.address_of_symbol(name)]
    if unknown:
        raise BadImage("loading the object", f"nothing here defines {', '.join(unknown)}")


def undefined_symbols(data: bytes) -> list[str]:
    """The names that the object needs from elsewhere."""
    header = FILE_HEADER.unpack_from(data)
    start, size, number = header[6], header[11], header[12]
    sections = [SECTION_HEADER.unpack_from(data, start + i * size) for i in range(number)]
    found = []
    for section in sections:
        if section[1] != SYMBOL_TABLE:
            continue
        at, length, link = section[4], section[5], section[6]
        names = sections[link][4]
        for symbol in range(at + SYMBOL.size, at + length, SYMBOL.size):
            name, info, _, defined_in, _, _ = SYMBOL.unpack_from(data, symbol)
            if defined_in == UNDEFINED and info >> 4 != WEAK:
                found.append(data[names + name : data.index(b"\0", names + name)].decode())
    return [name for name in found if name not in MADE_BY_LINKER]
