"""Plain loads that begin a loop of compare-and-swap, as LLVM writes an atomic that a chip lacks.

Such a load may see any value that others are changing: if it is not the one that is compared with
then, the loop goes round.  So it is no race, unlike other plain loads of what changes atomically.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from clawc.emulators.gcn.decoder import Instruction

_MOVES = ("v_mov_b32", "v_mov_b64", "v_pk_mov_b32")
_NEAR = 512  # bytes of code
_ADDRESS = ("addr", "saddr", "vaddr", "srsrc", "soffset", "offset", "offset0", "offset1")


def with_first_looks(instructions: dict[int, Instruction]) -> dict[int, Instruction]:
    """The instructions by address, with those loads marked: a compare-and-swap follows within
    `_NEAR` bytes that names the same address, or compares with the register that they fill, or
    fills it, too.  A scalar load's register is copied into the one that is compared with."""
    swaps = [(at, one) for at, one in instructions.items() if _is_swap(one)]
    copies = {copy for one in instructions.values() for copy in _copies(one)}
    return {
        at: replace(one, looks_first=True)
        if any(0 < where - at < _NEAR and _begins(one, swap, copies) for where, swap in swaps)
        else one
        for at, one in instructions.items()
    }


def _is_swap(one: Instruction) -> bool:
    return any(part in one.name for part in ("_cmpswap_", "_cmpst_", "_cmpstore_"))


def _copies(one: Instruction) -> list[tuple[int, int]]:
    """From where to where registers are copied."""
    if one.format == "VOPD":
        second = one["vdsty"] << 1 | (one["vdstx"] & 1 ^ 1)
        both = [(one["srcx0"], one["vdstx"]), (one["srcy0"], second)]
        names = one.mnemonic.split("::")
        return [copy for name, copy in zip(names, both, strict=True) if "mov_b32" in name]
    return [(one["src0"], one["vdst"])] if one.name in _MOVES else []


def _begins(one: Instruction, swap: Instruction, copies: Set[tuple[int, int]]) -> bool:
    if "_load_" not in one.name:
        return False
    if one.format == "SMEM":
        return (one["sdata"], _compared_with(swap)) in copies
    same_place = one.format == swap.format and all(one[n] == swap[n] for n in _ADDRESS)
    filled = one["vdata"] if one.format == "MUBUF" else one["vdst"]
    return same_place or filled in (_compared_with(swap), _found(swap))


def _found(swap: Instruction) -> int:
    """The first register of what the memory held."""
    return swap["vdata"] if swap.format == "MUBUF" else swap["vdst"]


def _compared_with(swap: Instruction) -> int:
    """The first register of what the memory is compared with."""
    if swap.format == "DS":
        return swap["data0"] if "_cmpst_" in swap.name else swap["data1"]
    words = 2 if swap.name.endswith("64") else 1
    return (swap["vdata"] if swap.format == "MUBUF" else swap["data"]) + words
