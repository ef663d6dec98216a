"""Read what an AMD code object says about its kernels: registers, spills, shared memory."""

from __future__ import annotations

import struct
from typing import Any

from clawc.targets.emission import EmissionError, KernelFacts
from clawc.targets.hsaco_elf import read_elf

_METADATA = 32  # NT_AMDGPU_METADATA
_FACTS = {
    "registers": ".vgpr_count",
    "accumulators": ".agpr_count",
    "scalar_registers": ".sgpr_count",
    "spills": ".vgpr_spill_count",
    "scalar_spills": ".sgpr_spill_count",
    "shared": ".group_segment_fixed_size",
    "stack": ".private_segment_fixed_size",
    "kernarg": ".kernarg_segment_size",
    "lanes": ".wavefront_size",
}


def kernel_resources(data: bytes) -> dict[str, KernelFacts]:
    """The facts of each kernel of a code object."""
    return {
        kernel[".name"]: {fact: kernel[key] for fact, key in _FACTS.items() if key in kernel}
        for kernel in metadata(data)["amdhsa.kernels"]
    }


def metadata(data: bytes) -> dict[str, Any]:
    """The metadata of a code object, linked or not.  Raises EmissionError if it has none."""
    note = read_elf(data).section(".note")
    content, at = (note.data if note else b""), 0
    while at < len(content):
        name_size, size, kind = struct.unpack_from("<III", content, at)
        start = at + 12 + (name_size + 3) // 4 * 4
        if kind == _METADATA and content[at + 12 :].startswith(b"AMDGPU\0"):
            return unpack(content[start : start + size])
        at = start + (size + 3) // 4 * 4
    raise EmissionError("the code object has no AMDGPU metadata")


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
    raise EmissionError(f"the metadata holds MessagePack type {tag:#x}, which it should not")


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
