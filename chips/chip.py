"""What the compiler knows about a chip: a value of plain facts, found by name.

The tables are `chips_nvptx.py`, `chips_amdgpu.py`, `chips_spirv.py` and `chips_host.py`; they
import nothing but this.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """One chip.  Sizes in bytes; peak rates in operations (an FMA is two) and bytes a second.

    Zero says that a figure is unknown or has no meaning for the chip.
    """

    target: str  # "nvptx", "amdgpu", "spirv" or "host"
    name: str  # "sm_80", "gfx1100", "opencl", "vulkan", "native"
    lanes: int  # threads that shuffle among each other: warp or wave; 1: none may be assumed
    max_workgroup: int  # threads
    shared_memory: int  # that one workgroup can have
    vector_width: int  # the longest vector of elements that per-thread code may hold
    access_bytes: int  # the widest memory access of one thread
    types: frozenset[str]  # element types it computes in or stores
    index_bits: int = 32  # of sizes and addresses in kernels
    shuffles: bool = False
    registers: int = 255  # 32-bit, a thread; vector registers on a processor

    product: str = ""  # the product that the figures below are of
    also: tuple[str, ...] = ()  # other products with the same instruction set
    units: int = 0  # multiprocessors, compute units or cores
    clock: float = 0.0  # hertz, boosted
    memory: int = 0  # bytes of the product
    bandwidth: float = 0.0  # of its memory
    l2_cache: int = 0
    unit_shared_memory: int = 0  # that the workgroups on one unit share
    unit_registers: int = 0  # 32-bit, of one unit
    unit_threads: int = 0  # resident on one unit
    peak_f32: float = 0.0  # vector units
    peak_f16: float = 0.0  # matrix units where it has them, dense, f32 accumulation
    source: str = ""  # of the figures

    feature: str = ""  # what LLVM must be told beside the name: "+ptx80"
    cpu: str = ""  # LLVM's name of the processor where it is not `name`
    triple: str = ""  # LLVM's, where the target does not give it
    simd_bytes: int = 0  # of a processor's vector register

    @property
    def spec(self) -> str:
        """The text that `find` finds this chip by."""
        return f"{self.target}:{self.name}"


class UnknownChip(ValueError):
    """No such target or chip; the message lists those that are known."""


def known() -> dict[str, tuple[Chip, ...]]:
    """The chips of each target; the first is its default."""
    from clawc.chips import amdgpu as chips_amdgpu
    from clawc.chips import host as chips_host
    from clawc.chips import nvptx as chips_nvptx
    from clawc.chips import spirv as chips_spirv

    return {
        "nvptx": chips_nvptx.CHIPS,
        "amdgpu": chips_amdgpu.CHIPS,
        "spirv": chips_spirv.CHIPS,
        "host": chips_host.CHIPS,
    }


def find(spec: str) -> Chip:
    """The chip of `target[:chip]`, e.g. `nvptx:sm_90`; without a chip the target's first row."""
    tables = known()
    target, _, name = spec.partition(":")
    if target not in tables:
        raise UnknownChip(f"unknown target {target!r}; known: {', '.join(tables)}")
    rows = tables[target]
    if not name:
        return rows[0]
    for row in rows:
        if row.name == name:
            return row
    names = ", ".join(row.name for row in rows)
    raise UnknownChip(f"unknown chip {name!r} of target {target!r}; known: {names}")
