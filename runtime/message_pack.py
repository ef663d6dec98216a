"""Read MessagePack, in which AMD's code objects keep what they say about their kernels."""

from __future__ import annotations

import struct
from typing import Any


class DamagedMessage(ValueError):
    """Bytes that are no MessagePack of the kinds that code objects use."""


def unpack(data: bytes) -> Any:
    """The value of MessagePack `data`: maps, lists, text, integers, booleans and nothing."""
    return _value(data, 0)[0]


def _value(data: bytes, at: int) -> tuple[Any, int]:
    tag = data[at]
    if tag < 0x80:
        return tag, at + 1
    if tag < 0x90:
        return _map(data, at + 1, tag & 15)
    if tag < 0xA0:
        return _list(data, at + 1, tag & 15)
    if tag < 0xC0:
        return _text(data, at + 1, tag & 31)
    if tag >= 0xE0:
        return tag - 256, at + 1
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at + 1
    if tag in _NUMBERS:
        number = _NUMBERS[tag]
        return number.unpack_from(data, at + 1)[0], at + 1 + number.size
    if tag in _SIZED:
        read, size = _SIZED[tag]
        return read(data, at + 1 + size.size, size.unpack_from(data, at + 1)[0])
    raise DamagedMessage(f"it holds MessagePack type {tag:#x}, which it should not")


def _map(data: bytes, at: int, count: int) -> tuple[dict[Any, Any], int]:
    result = {}
    for _ in range(count):
        key, at = _value(data, at)
        result[key], at = _value(data, at)
    return result, at


def _list(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    result = []
    for _ in range(count):
        value, at = _value(data, at)
        result.append(value)
    return result, at


def _text(data: bytes, at: int, count: int) -> tuple[str, int]:
    return data[at : at + count].decode(), at + count


_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {0xCC + i: struct.Struct(f">{code}") for i, code in enumerate("BHIQbhiq")}
_BYTE, _SHORT, _WORD = struct.Struct(">B"), struct.Struct(">H"), struct.Struct(">I")
_SIZED = {
    0xD9: (_text, _BYTE),
    0xDA: (_text, _SHORT),
    0xDB: (_text, _WORD),
    0xDC: (_list, _SHORT),
    0xDD: (_list, _WORD),
    0xDE: (_map, _SHORT),
    0xDF: (_map, _WORD),
}
