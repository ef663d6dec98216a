"""SPIR-V modules as words: what MLIR's serializer cannot say is added here."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEADER_WORDS = 5
_OP_VARIABLE, _OP_DECORATE = 59, 71
_BEFORE_DECORATIONS = frozenset(  # capabilities, entry points, debug names: the first sections
    (3, 4, 5, 6, 7, 8, 10, 11, 14, 15, 16, 17, 317, 330, 331)
)
_WORKGROUP, _ALIGNMENT = 4, 44


def align_shared_variables(data: bytes, alignment: int) -> bytes:
    """Give Workgroup variables `alignment`: vectors are loaded from these arrays of scalars."""
    shared = [
        words[2]
        for _, words in _instructions(data)
        if words[0] & 0xFFFF == _OP_VARIABLE and words[3] == _WORKGROUP
    ]
    added = [word for variable in shared for word in _decoration(variable, alignment)]
    position = next(
        at for at, words in _instructions(data) if words[0] & 0xFFFF not in _BEFORE_DECORATIONS
    )
    return data[: 4 * position] + struct.pack(f"<{len(added)}I", *added) + data[4 * position :]


def _decoration(variable: int, alignment: int) -> tuple[int, ...]:
    return (4 << 16 | _OP_DECORATE, variable, _ALIGNMENT, alignment)


def _instructions(data: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Position and words of each instruction."""
    words = struct.unpack(f"<{len(data) // 4}I", data)
    at = _HEADER_WORDS
    while at < len(words):
        length = words[at] >> 16
        yield at, words[at : at + length]
        at += length
