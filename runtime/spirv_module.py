"""What the head of a SPIR-V module says, read before a driver sees it.

Drivers differ in what they do with a broken module, down to ending the process.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from clawc.runtime.errors import BadImage

MAGIC = 0x07230203
HEADER_WORDS = 5
OP_ENTRY_POINT, OP_CAPABILITY, OP_FUNCTION = 15, 17, 54


@dataclass(frozen=True)
class ModuleHead:
    version: tuple[int, int]
    capabilities: frozenset[int]
    entry_points: frozenset[str]


def read_head(data: bytes) -> ModuleHead:
    """Walk a module's instructions; what comes before the first function counts."""
    if len(data) < 4 * HEADER_WORDS or len(data) % 4 or struct.unpack_from("<I", data)[0] != MAGIC:
        raise BadImage("reading SPIR-V", "not a SPIR-V module")
    words = struct.unpack(f"<{len(data) // 4}I", data)
    capabilities, entries = set(), set()
    at, in_head = HEADER_WORDS, True
    while at < len(words):
        length, opcode = words[at] >> 16, words[at] & 0xFFFF
        if length == 0 or at + length > len(words):
            raise BadImage("reading SPIR-V", "the module is truncated or corrupt")
        in_head = in_head and opcode != OP_FUNCTION
        if in_head and opcode == OP_CAPABILITY and length == 2:
            capabilities.add(words[at + 1])
        elif in_head and opcode == OP_ENTRY_POINT and length > 3:
            text = data[4 * (at + 3) : 4 * (at + length)].partition(b"\0")[0]
            entries.add(text.decode(errors="replace"))
        at += length
    version = (words[1] >> 16 & 0xFF, words[1] >> 8 & 0xFF)
    return ModuleHead(version, frozenset(capabilities), frozenset(entries))
