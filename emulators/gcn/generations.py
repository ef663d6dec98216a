"""AMD's instruction sets, a row each: which chips, how instructions are laid out, what waits count.

Source: the "Instruction Set Architecture" manual of each generation (AMD).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from clawc.emulators.gcn import (
    opcodes_cdna3,
    opcodes_cdna4,
    opcodes_gcn5,
    opcodes_rdna2,
    opcodes_rdna3,
    opcodes_rdna4,
    opcodes_rdna35,
)
from clawc.emulators.gcn.encodings import (
    CDNA2,
    CDNA3,
    GCN5,
    LEAD,
    RDNA2,
    RDNA3,
    RDNA4,
    Fields,
    Formats,
)

# A wait instruction: for each counter that it waits for, where its immediate has the number.
Parts = tuple[tuple[int, int], ...]  # (lowest bit, number of bits), the low part first
Waits = dict[str, dict[str, Parts]]

_WAITS_CDNA: Waits = {"s_waitcnt": {"vector": ((0, 4), (14, 2)), "local": ((8, 4),)}}
_WAITS_RDNA2: Waits = {
    "s_waitcnt": {"vector": ((0, 4), (14, 2)), "local": ((8, 6),)},
    "s_waitcnt_vscnt": {"store": ((0, 6),)},
}
_WAITS_RDNA3: Waits = {
    "s_waitcnt": {"vector": ((10, 6),), "local": ((4, 6),)},
    "s_waitcnt_vscnt": {"store": ((0, 6),)},
}
_WAITS_RDNA4: Waits = {
    "s_wait_loadcnt": {"vector": ((0, 6),)},
    "s_wait_storecnt": {"store": ((0, 6),)},
    "s_wait_dscnt": {"local": ((0, 6),)},
    "s_wait_kmcnt": {"scalar": ((0, 5),)},
    "s_wait_loadcnt_dscnt": {"vector": ((8, 6),), "local": ((0, 6),)},
    "s_wait_storecnt_dscnt": {"store": ((8, 6),), "local": ((0, 6),)},
    # Of images, rays and exports, of which there are none.
    **{"s_wait_samplecnt": {}, "s_wait_bvhcnt": {}, "s_wait_expcnt": {}},
}
# Which counter an access is counted in: (its kind, the counter), where they are not the same.
_CDNA_COUNTERS = {"scalar": "local", "local store": "local", "store": "vector"}
_RDNA_COUNTERS = {"scalar": "local", "local store": "local"}
_RDNA4_COUNTERS = {"local store": "local"}


@dataclass(frozen=True, eq=False)
class Generation:
    """What differs between generations."""

    name: str
    family: str  # "RDNA" or "CDNA" (GCN 5 among them)
    chips: tuple[str, ...]
    formats: Formats
    layers: tuple[dict[str, str], ...]  # opcodes in words; later ones add to earlier ones
    vop1_in_vop3: int  # where VOP1's opcodes begin among VOP3's
    waits: Waits
    counters: dict[str, str]
    no_scalar: int  # the register number by which an address says that it has no scalar part
    null: int = -1  # the scalar register that reads 0 and keeps nothing; -1: there is none
    m0: int = 124
    # By the lanes of a wave: the registers in which a descriptor counts those of a thread.
    granules: dict[int, int] = field(default_factory=lambda: {32: 8, 64: 4})
    wmma_splits_k: bool = False  # the halves of a wave have each half of k; else copies of it all
    separate_thread_ids: bool = False  # y and z have registers of their own, and are not in v0
    ids_in_trap_registers: bool = False  # the workgroup's number is in TTMP9, not a user's register
    sdwa: bool = False
    dpp8: bool = False
    dpp_in_vop3: bool = False
    true16: bool = False  # 16-bit operands of VOP1, VOP2, VOPC name the halves of 128 registers
    # Where a thread's accumulators are: "unified" (vector registers from a number on), "separate"
    # (as many beside the vector registers), or "" (nowhere).
    accumulators: str = ""
    flushes_halves: bool = False  # matrix products of f16 and bf16 take and give denormals as zeros
    dx10_clamp: bool = True  # a kernel says whether `clamp` keeps NaN; else it never does
    small_floats: str = ""  # whose 8-bit floats there are: "fnuz", or "ocp"

    @property
    def rdna(self) -> bool:
        return self.family == "RDNA"

    @cached_property
    def opcodes(self) -> dict[str, dict[int, str]]:
        """The operation's name by format and opcode."""
        tables: dict[str, dict[int, str]] = {}
        for layer in self.layers:
            for name, text in layer.items():
                tables.setdefault(name, {}).update(_numbered(text))
        return {n: {k: v for k, v in t.items() if v != "-"} for n, t in tables.items()}

    @cached_property
    def by_lead(self) -> list[tuple[str, int, Fields] | None]:
        """The format for each value of the first 9 bits."""
        found: list[tuple[str, int, Fields] | None] = []
        for lead in range(1 << LEAD):
            bits = f"{lead:0{LEAD}b}"
            fitting = (f for f in self.formats if bits.startswith(f[1]))
            found.append(next(((f[0], f[2], f[3]) for f in fitting), None))
        return found


def _numbered(text: str) -> dict[int, str]:
    """ "10: a b" says that a is opcode 10 and b 11; "-" stands for no operation."""
    names: dict[int, str] = {}
    number = 0
    for word in text.split():
        if word.endswith(":"):
            number = int(word[:-1])
        else:
            names[number] = word
            number += 1
    return names


_CDNA: dict[str, Any] = dict(
    vop1_in_vop3=0x140, waits=_WAITS_CDNA, counters=_CDNA_COUNTERS, no_scalar=127, sdwa=True
)
_BEFORE_CDNA3 = (opcodes_cdna3.OPCODES, opcodes_gcn5.CDNA2, opcodes_gcn5.CDNA1)
_RDNA3 = opcodes_rdna3.OPCODES
_RDNA3_ROW = Generation(
    *("RDNA 3", "RDNA", ("gfx1100", "gfx1101"), RDNA3, (_RDNA3,)),
    vop1_in_vop3=0x180,
    waits=_WAITS_RDNA3,
    counters=_RDNA_COUNTERS,
    no_scalar=124,
    null=124,
    m0=125,
    dpp8=True,
    dpp_in_vop3=True,
    true16=True,
)
GENERATIONS = (
    replace(
        _RDNA3_ROW,
        name="RDNA 2",
        chips=("gfx1030",),
        formats=RDNA2,
        layers=(opcodes_rdna2.OPCODES,),
        waits=_WAITS_RDNA2,
        no_scalar=125,
        null=125,
        m0=124,
        sdwa=True,
        dpp_in_vop3=False,
        true16=False,
        separate_thread_ids=True,
    ),
    _RDNA3_ROW,
    replace(
        _RDNA3_ROW,
        name="RDNA 3.5",
        chips=("gfx1151",),
        layers=(_RDNA3, opcodes_rdna35.ADDED),
    ),
    replace(
        _RDNA3_ROW,
        name="RDNA 4",
        chips=("gfx1200", "gfx1201"),
        formats=RDNA4,
        layers=(_RDNA3, opcodes_rdna35.ADDED, opcodes_rdna4.CHANGES),
        waits=_WAITS_RDNA4,
        counters=_RDNA4_COUNTERS,
        ids_in_trap_registers=True,
        dx10_clamp=False,
        wmma_splits_k=True,
        small_floats="ocp",
    ),
    Generation(
        *("GCN 5", "CDNA", ("gfx906",), GCN5, (*_BEFORE_CDNA3, opcodes_gcn5.GCN5)),
        separate_thread_ids=True,
        granules={64: 4},
        **_CDNA,
    ),
    Generation(
        *("CDNA 1", "CDNA", ("gfx908",), GCN5, _BEFORE_CDNA3),
        separate_thread_ids=True,
        granules={64: 4},
        accumulators="separate",
        **_CDNA,
    ),
    Generation(
        *("CDNA 2", "CDNA", ("gfx90a",), CDNA2, _BEFORE_CDNA3[:2]),
        granules={64: 8},
        accumulators="unified",
        flushes_halves=True,  # AMD's MIOpen documentation, "MI200 MFMA behavior specifics"
        **_CDNA,
    ),
    Generation(
        *("CDNA 3", "CDNA", ("gfx942",), CDNA3, (opcodes_cdna3.OPCODES,)),
        granules={64: 8},
        accumulators="unified",
        small_floats="fnuz",
        **_CDNA,
    ),
    Generation(
        *("CDNA 4", "CDNA", ("gfx950",), CDNA3),
        layers=(opcodes_cdna3.OPCODES, opcodes_cdna4.ADDED),
        granules={64: 8},
        accumulators="unified",
        small_floats="ocp",
        **_CDNA,
    ),
)
CHIPS = tuple(chip for row in GENERATIONS for chip in row.chips)


def generation(chip: str) -> Generation | None:
    """The instruction set of `gfx1100` and so on; None if it is not one of these."""
    return next((row for row in GENERATIONS if chip in row.chips), None)
