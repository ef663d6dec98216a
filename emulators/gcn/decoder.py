"""Decode AMD's instructions from the bytes of a code object."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from clawc.emulators.gcn.encodings import (
    DPP8,
    DPP16,
    LEAD,
    OTHER_FIELDS,
    SDWA,
    SEGMENTS,
    Fields,
)
from clawc.emulators.gcn.generations import Generation
from clawc.emulators.gcn.names import rdna3_name

LITERAL, SDWA_WORD, DPP16_WORD, DPP8_WORDS = 255, 249, 250, (233, 234)
_ALWAYS_LITERAL = ("fmaak", "fmamk", "madak", "madmk", "setreg_imm32")


@dataclass(frozen=True)
class Instruction:
    """One instruction, as its bits say; `extra` holds the fields of a DPP or SDWA dword."""

    address: int
    size: int  # bytes
    format: str
    mnemonic: str  # as this generation calls it
    fields: dict[str, int]
    literal: int = 0
    modifier: str = ""  # "dpp16", "dpp8", "sdwa"
    extra: dict[str, int] = field(default_factory=dict)
    looks_first: bool = False  # see `first_looks`

    @cached_property
    def name(self) -> str:
        """The name under which the operation's meaning is known: RDNA 3's."""
        return rdna3_name(self.mnemonic)

    @property
    def end(self) -> int:
        return self.address + self.size

    @property
    def traps(self) -> bool:
        """Whether a wave ends here: LLVM's `trap`, by its "AMDGPU Usage", "Trap Handler ABI"."""
        return self.mnemonic == "s_trap" and self["immediate"] == 2

    def __getitem__(self, name: str) -> int:
        return self.fields.get(name, 0)

    def __str__(self) -> str:
        suffix = {"VOP1": "_e32", "VOP2": "_e32", "VOPC": "_e32"}.get(self.format, "")
        suffix = {"dpp16": "_dpp", "dpp8": "_dpp8", "sdwa": "_sdwa"}.get(self.modifier, suffix)
        return f"{self.mnemonic}{suffix}"


class UnknownInstruction(ValueError):
    """Bits that are no instruction of the generation's tables."""


def decode(code: bytes, address: int, generation: Generation) -> Iterator[Instruction]:
    """The instructions of `code`, which stands at `address`."""
    at = 0
    while at + 4 <= len(code):
        instruction = decode_one(code[at : at + 16], address + at, generation)
        yield instruction
        at += instruction.size


def decode_one(code: bytes, address: int, generation: Generation) -> Instruction:
    """The instruction that `code` begins with."""
    first = struct.unpack_from("<I", code)[0]
    found = generation.by_lead[first >> 32 - LEAD]
    if found is None:
        raise UnknownInstruction(f"{first:#010x} at {address:#x} is no {generation.name} encoding")
    name, size, fields = found
    word = int.from_bytes(code[:size], "little")
    values = _fields(word, fields)
    if name == "VOPD":
        tables = generation.opcodes["VOPD"]
        mnemonic = "::".join(
            tables.get(values[op], f"opcode {values[op]}") for op in ("opx", "opy")
        )
        return _with_literal(code, address, size, name, mnemonic, values, ("srcx0", "srcy0"))
    name, mnemonic = _mnemonic(name, values, generation, word, address)
    if mnemonic == "v_mfma_ld_scale_b32":
        return _scaled(code, address, generation, word)
    if name in OTHER_FIELDS:
        values = _fields(word, OTHER_FIELDS[name])
    if name[:3] not in ("SOP", "VOP"):
        return Instruction(address, size, name, mnemonic, values)
    if name in ("VOP1", "VOP2", "VOPC") or name[:4] == "VOP3" and generation.dpp_in_vop3:
        second = _second_word(code, size, values.get("src0"), generation)
        if second:
            modifier, extra = second
            return Instruction(address, size + 4, name, mnemonic, values, 0, modifier, extra)
    sources = ("src0",) if name in ("VOP1", "VOP2", "VOPC") else ("src0", "src1", "src2")
    if name == "SOPK":
        sources = ()
    return _with_literal(code, address, size, name, mnemonic, values, sources)


def _scaled(code: bytes, address: int, generation: Generation, scales: int) -> Instruction:
    """A product with scales is two encodings: registers of the scales, and which bytes of them;
    then the product.  (LLVM: VOP3PX.)"""
    product = decode_one(code[8:16].ljust(16, b"\0"), address, generation)
    first = _fields(scales, OTHER_FIELDS["MFMA"])
    extra = {f"scale{k}": first[f"src{k}"] for k in range(2)}
    extra |= {f"byte{k}": first["abid"] >> k & 1 | (first["acc"] >> k & 1) << 1 for k in range(2)}
    name = product.mnemonic.replace("v_mfma_", "v_mfma_scale_")
    return replace(product, size=16, mnemonic=name, extra=extra)


def _fields(word: int, fields: Fields) -> dict[str, int]:
    values: dict[str, int] = {}
    for name, (low, size) in fields.items():
        value = word >> low & (1 << abs(size)) - 1
        values[name] = value - (value >> -size - 1 << -size) if size < 0 else value
    return values


def _mnemonic(
    name: str, values: dict[str, int], generation: Generation, word: int, address: int
) -> tuple[str, str]:
    """The exact format and the name of the operation."""
    tables, op = generation.opcodes, values["op"]
    if "segment" in values:
        segment = values["segment"]
        name = SEGMENTS[segment] if segment < len(SEGMENTS) else name
    found = tables[name].get(op)
    if name == "VOP3":
        start = generation.vop1_in_vop3
        if op in tables["VOP3SD"]:
            return "VOP3SD", tables["VOP3SD"][op]
        if op < 0x100:
            found = tables["VOPC"].get(op)
        elif op < 0x140:
            found = tables["VOP2"].get(op - 0x100)
        elif start <= op < start + 0x80 and found is None:
            found = tables["VOP1"].get(op - start)
    if found is None:
        raise UnknownInstruction(
            f"opcode {op} of {name} at {address:#x} ({word:#x}) is unknown to {generation.name}"
        )
    return ("MFMA" if "mfma" in found else name), found


def _second_word(
    code: bytes, size: int, source: int | None, generation: Generation
) -> tuple[str, dict[str, int]] | None:
    word = int.from_bytes(code[size : size + 4], "little")
    if source == DPP16_WORD:
        return "dpp16", _fields(word, DPP16)
    if generation.dpp8 and source in DPP8_WORDS:
        return "dpp8", _fields(word, DPP8) | {"fetch_inactive": DPP8_WORDS.index(source)}
    if generation.sdwa and source == SDWA_WORD:
        return "sdwa", _fields(word, SDWA)
    return None


def _with_literal(
    code: bytes,
    address: int,
    size: int,
    name: str,
    mnemonic: str,
    values: dict[str, int],
    sources: tuple[str, ...],
) -> Instruction:
    literal = any(values.get(source) == LITERAL for source in sources)
    if literal or any(part in mnemonic for part in _ALWAYS_LITERAL):
        value = int.from_bytes(code[size : size + 4], "little")
        return Instruction(address, size + 4, name, mnemonic, values, value)
    return Instruction(address, size, name, mnemonic, values)
