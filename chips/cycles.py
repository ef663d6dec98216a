"""How long a launch keeps each part of a chip busy, and what of its latency nothing hides.

Every part is told in cycles of a multiprocessor or compute unit, of the one that has most to do.
The parts work at the same time, so the longest bounds the launch; what it waits for copies of its
operands, while no other workgroup on the unit has work, comes on top.  It is a model: no part is
measured, and no GPU has run against it.

Rates: the chips' own figures (peak rates, bandwidth, clock, each with its source).  Shared memory:
32 banks of 4 bytes a cycle (NVIDIA, "CUDA C++ Programming Guide"; AMD, "RDNA 3 Instruction Set
Architecture", LDS).  L2 to a unit: 64 bytes a cycle (NVIDIA, "A100 Tensor Core GPU Architecture",
2020: 5120 for 80 units of a half of the chip; AMD, "CDNA 3" white paper, 2023: 64 a compute unit).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from clawc.chips.chip import Chip
from clawc.chips.occupancy import GRANULES, occupancy

L2_BYTES = 64  # that a unit gets in a cycle
# From the issue of a load to its data, out of memory, in cycles: Abdelkhalik et al., "Demystifying
# the Nvidia Ampere Architecture through Microbenchmarking", 2022, measure 290 on an A100.  For
# other chips it is taken to be of that order; AMD's caches are slower, by twice as published tests
# of MI200 and RDNA 3 have it.
LATENCY = {"nvptx": 300, "amdgpu": 600}


@dataclass(frozen=True)
class Work:
    """Of one launch, all workgroups together; bytes and operations (an FMA is two)."""

    workgroups: int
    threads: int  # of a workgroup
    registers: int  # of a thread
    shared: int  # bytes of a workgroup
    matrix: int  # operations of matrix units
    vector: int  # operations of vector units
    passes: int  # over the banks of shared memory
    moved: int  # bytes that threads ask global memory for
    distinct: int  # bytes of the buffers: what memory itself gives at the least
    rounds: int  # that end with a wait for operands from global memory; of all workgroups


@dataclass(frozen=True)
class Cycles:
    """Of the unit with most to do."""

    matrix: float
    vector: float
    shared: float
    l2: float
    memory: float
    latency: float  # what nothing hides

    @property
    def total(self) -> float:
        return max(getattr(self, part) for part in PARTS) + self.latency

    @property
    def bound(self) -> str:
        """The part that takes longest."""
        return max((*PARTS, "latency"), key=lambda part: getattr(self, part))


PARTS = tuple(field.name for field in fields(Cycles) if field.name != "latency")


def estimate(work: Work, chip: Chip) -> Cycles | None:
    """None where the chip's figures are not known, or nothing is launched."""
    figures = chip.figures
    held = occupancy(chip, work.threads, max(work.registers, 1), work.shared)
    if held is None or not (figures.units and figures.clock and figures.bandwidth):
        return None
    if not work.workgroups:
        return None
    mine = -(-work.workgroups // figures.units)  # of the unit with most
    share = mine / work.workgroups
    together = max(1, min(held.workgroups, mine))
    # A warp is bound to one part of the unit, and uses that part's matrix and vector units alone.
    warps = together * -(-work.threads // chip.lanes)
    used = min(1.0, warps / GRANULES[chip.family].parts)
    parts = {
        "matrix": work.matrix * share / used / _rate(figures.peak_f16, chip),
        "vector": work.vector * share / used / _rate(figures.peak_f32, chip),
        "shared": work.passes * share,
        "l2": work.moved * share / L2_BYTES,
        "memory": min(work.distinct, work.moved) * figures.clock / figures.bandwidth,
    }
    rounds = work.rounds / work.workgroups
    busy = max(parts.values()) / mine / max(rounds, 1)  # of a workgroup, in a round
    hidden = (together - 1) * busy
    waits = max(0.0, LATENCY[chip.target] - hidden)
    return Cycles(**parts, latency=waits * max(rounds, 1) * mine / together)


def _rate(peak: float, chip: Chip) -> float:
    """Operations of one unit in a cycle."""
    return peak / chip.figures.units / chip.figures.clock
