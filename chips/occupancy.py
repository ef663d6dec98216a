"""How many workgroups of a kernel are at work on one unit of a chip at a time, and what limits it.

Registers and shared memory are given out in granules: NVIDIA, "CUDA Occupancy Calculator" (Nsight
Compute, 2025) and "CUDA C++ Programming Guide" 13, table "Technical Specifications per Compute
Capability"; AMD, "RDNA 3 Instruction Set Architecture", 3.3, LLVM's "User Guide for AMDGPU Backend"
(`amdhsa_granulated_workitem_vgpr_count`), and `AMDGPUBaseInfo.cpp`, `getVGPRAllocGranule`.
"""

from __future__ import annotations

from dataclasses import dataclass

from clawc.chips.chip import Chip


@dataclass(frozen=True)
class Granules:
    """What a family gives out, and to how many at most."""

    registers: int  # of one thread: they are given in multiples of this
    parts: int  # of a unit, each with its own share of the registers, to which warps are bound
    workgroups: int  # on one unit
    shared: int  # bytes
    reserved: int = 0  # bytes of shared memory that the system takes of each workgroup


GRANULES = {
    "volta": Granules(8, 4, 32, 256),
    "turing": Granules(8, 4, 16, 256),
    "ampere": Granules(8, 4, 32, 128, 1024),
    "ada": Granules(8, 4, 24, 128, 1024),
    "hopper": Granules(8, 4, 32, 128, 1024),
    "blackwell": Granules(8, 4, 32, 128, 1024),
    "rtx-blackwell": Granules(8, 4, 24, 128, 1024),
    "gcn5": Granules(4, 4, 40, 512),
    "cdna1": Granules(4, 4, 40, 512),
    "cdna2": Granules(8, 4, 32, 512),
    "cdna3": Granules(8, 4, 32, 512),
    "cdna4": Granules(8, 4, 32, 1280),
    "rdna2": Granules(16, 2, 32, 1024),
    "rdna3": Granules(24, 2, 32, 1024),
    "rdna4": Granules(24, 2, 32, 1024),
}


@dataclass(frozen=True)
class Occupancy:
    """`workgroups` on a unit; `share` of the threads that it could hold; `limit` is what more of
    would help: "registers", "shared memory", "threads" or "workgroups"."""

    workgroups: int
    share: float
    limit: str


def occupancy(chip: Chip, threads: int, registers: int, shared: int) -> Occupancy | None:
    """Of workgroups of so many threads, with so many 32-bit registers each and so many bytes of
    shared memory together.  None where the chip's figures are not known."""
    granules, figures = GRANULES.get(chip.family), chip.figures
    if granules is None or not (figures.unit_registers and figures.unit_threads):
        return None
    warps = -(-threads // chip.lanes)
    bound = {
        "registers": warps_by_registers(chip, granules, registers) // warps,
        "threads": figures.unit_threads // (warps * chip.lanes),
        "workgroups": granules.workgroups,
    }
    if shared:
        each = _whole(shared + granules.reserved, granules.shared)
        bound["shared memory"] = figures.unit_shared_memory // each
    limit = min(bound, key=lambda name: bound[name])
    resident = bound[limit]
    return Occupancy(resident, resident * warps * chip.lanes / figures.unit_threads, limit)


def warps_by_registers(chip: Chip, granules: Granules, registers: int) -> int:
    """The warps for which one unit has so many registers a thread."""
    each = _whole(max(registers, 1), granules.registers) * chip.lanes
    return chip.figures.unit_registers // granules.parts // each * granules.parts


def most_registers(chip: Chip, threads: int, workgroups: int) -> int:
    """That each thread may have if so many workgroups shall be on a unit, by registers alone; 0 if
    they cannot be.  The chip's figures are known."""
    granules = GRANULES[chip.family]
    warps = -(-threads // chip.lanes) * workgroups
    for registers in range(chip.registers, 0, -1):
        if warps_by_registers(chip, granules, registers) >= warps:
            return registers
    return 0


def _whole(size: int, granule: int) -> int:
    return -(-size // granule) * granule
