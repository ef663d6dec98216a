"""The relocations of x86-64 and AArch64 that position-independent kernels have, as tables.

A row says whose address is meant, what is made of it, and which bits of the code take it.  Numbers
and formulas are those of the System V ABI (x86-64, 1.0, table 4.9; AArch64, 2023Q3, chapter 5.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Target = Literal["symbol", "call", "table"]  # itself; itself or a jump to it; its slot in a table
Value = Literal["absolute", "relative", "page", "in page"]
PAGE = 0x1000  # of AArch64's `adrp`, whatever the system's is


class RelocationError(ValueError):
    """A relocation that there is no row for, or whose value does not fit."""


@dataclass(frozen=True)
class Field:
    """Bits of a little-endian word: `pieces` are (lowest bit of the value, bits, place there)."""

    size: int  # bytes of the word
    pieces: tuple[tuple[int, int, int], ...]
    checked: bool = True  # whether a value that does not fit is an error

    def put(self, word: int, value: int) -> int:
        """The word with `value` in it; RelocationError where that loses something."""
        lowest = min(low for low, _, _ in self.pieces)
        end = max(low + bits for low, bits, _ in self.pieces)
        if value & ((1 << lowest) - 1):
            raise RelocationError(f"{value:#x} is no multiple of {1 << lowest}")
        if self.checked and not -(1 << (end - 1)) <= value < 1 << (end - 1):
            raise RelocationError(f"{value:#x} does not fit into {end} bits")
        for low, bits, place in self.pieces:
            mask = (1 << bits) - 1
            word = word & ~(mask << place) | (value >> low & mask) << place
        return word


@dataclass(frozen=True)
class Rule:
    """A kind of relocation."""

    name: str
    target: Target
    value: Value
    field: Field

    def computed(self, address: int, place: int) -> int:
        """What is written at `place`; `address` is the target's, with the addend in it."""
        match self.value:
            case "absolute":
                return address
            case "relative":
                return address - place
            case "page":
                return address // PAGE * PAGE - place // PAGE * PAGE
            case "in page":
                return address % PAGE


@dataclass(frozen=True)
class Processor:
    """An ELF machine: its relocations by number, and a jump to the address that follows it."""

    machine: int
    jump: bytes
    rules: dict[int, Rule]


def _immediate(scale: int) -> Field:
    """The 12 bits of an addition, a load or a store, in units of 2**scale bytes."""
    return Field(4, ((scale, 12 - scale, 10),), checked=False)


_WORD64 = Field(8, ((0, 64, 0),), checked=False)
_WORD32 = Field(4, ((0, 32, 0),))
_BRANCH26 = Field(4, ((2, 26, 0),))
_BRANCH19 = Field(4, ((2, 19, 5),))
_BRANCH14 = Field(4, ((2, 14, 5),))
_ADR = Field(4, ((0, 2, 29), (2, 19, 5)))
_ADRP = Field(4, ((12, 2, 29), (14, 19, 5)))

PROCESSORS = {
    "x86_64": Processor(
        62,
        bytes.fromhex("ff2500000000"),  # jmp *(%rip)
        {
            1: Rule("R_X86_64_64", "symbol", "absolute", _WORD64),
            2: Rule("R_X86_64_PC32", "symbol", "relative", _WORD32),
            4: Rule("R_X86_64_PLT32", "call", "relative", _WORD32),
            9: Rule("R_X86_64_GOTPCREL", "table", "relative", _WORD32),
            24: Rule("R_X86_64_PC64", "symbol", "relative", _WORD64),
            41: Rule("R_X86_64_GOTPCRELX", "table", "relative", _WORD32),
            42: Rule("R_X86_64_REX_GOTPCRELX", "table", "relative", _WORD32),
        },
    ),
    "aarch64": Processor(
        183,
        bytes.fromhex("5000005800021fd6"),  # ldr x16, 8; br x16
        {
            257: Rule("R_AARCH64_ABS64", "symbol", "absolute", _WORD64),
            260: Rule("R_AARCH64_PREL64", "symbol", "relative", _WORD64),
            261: Rule("R_AARCH64_PREL32", "symbol", "relative", _WORD32),
            273: Rule("R_AARCH64_LD_PREL_LO19", "symbol", "relative", _BRANCH19),
            274: Rule("R_AARCH64_ADR_PREL_LO21", "symbol", "relative", _ADR),
            275: Rule("R_AARCH64_ADR_PREL_PG_HI21", "symbol", "page", _ADRP),
            277: Rule("R_AARCH64_ADD_ABS_LO12_NC", "symbol", "in page", _immediate(0)),
            278: Rule("R_AARCH64_LDST8_ABS_LO12_NC", "symbol", "in page", _immediate(0)),
            279: Rule("R_AARCH64_TSTBR14", "symbol", "relative", _BRANCH14),
            280: Rule("R_AARCH64_CONDBR19", "symbol", "relative", _BRANCH19),
            282: Rule("R_AARCH64_JUMP26", "call", "relative", _BRANCH26),
            283: Rule("R_AARCH64_CALL26", "call", "relative", _BRANCH26),
            284: Rule("R_AARCH64_LDST16_ABS_LO12_NC", "symbol", "in page", _immediate(1)),
            285: Rule("R_AARCH64_LDST32_ABS_LO12_NC", "symbol", "in page", _immediate(2)),
            286: Rule("R_AARCH64_LDST64_ABS_LO12_NC", "symbol", "in page", _immediate(3)),
            299: Rule("R_AARCH64_LDST128_ABS_LO12_NC", "symbol", "in page", _immediate(4)),
            311: Rule("R_AARCH64_ADR_GOT_PAGE", "table", "page", _ADRP),
            312: Rule("R_AARCH64_LD64_GOT_LO12_NC", "table", "in page", _immediate(3)),
        },
    ),
}
