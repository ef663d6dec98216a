"""Processors: the one that clawc itself runs on, and generations to compile for elsewhere."""

import platform
from dataclasses import replace
from functools import cache
from pathlib import Path

from clawc.chips.chip import Chip, Figures
from clawc.chips.elements import EVERYWHERE

_LINUX = "x86_64-unknown-linux-gnu"


def _row(name: str, simd_bytes: int, registers: int, triple: str, cpu: str) -> Chip:
    family = triple.split("-")[0].replace("_", "-")
    # x86-64-v2 cannot convert f16.
    types = EVERYWHERE - ({"f16"} if name == "x86-64-v2" else set())
    manual = {"x86-64": "x86-64 psABI 1.0, 2021", "aarch64": "Arm Architecture Reference, 2023"}
    return Chip(
        *("host", name, family, 1, 1, 1 << 20, 16, 64, types),
        index_bits=64,
        registers=registers,
        aligned_buffers=False,  # they are the caller's arrays
        triple=triple,
        cpu=cpu,
        figures=Figures(simd_bytes=simd_bytes, source=manual[family]),
    )


GENERATIONS = (
    _row("x86-64-v4", 64, 32, _LINUX, "x86-64-v4"),  # AVX-512
    _row("x86-64-v3", 32, 16, _LINUX, "x86-64-v3"),  # AVX2, FMA, F16C
    _row("x86-64-v2", 16, 16, _LINUX, "x86-64-v2"),  # SSE4.2
    _row("aarch64", 16, 32, "aarch64-unknown-linux-gnu", "generic"),  # Armv8 with NEON
)


def _native() -> Chip:
    """The generation that this processor belongs to, under the name `native`.

    Code generation asks LLVM for the exact processor; schedules need only the vectors' shape.
    """
    if platform.machine().lower() in ("aarch64", "arm64"):
        return replace(GENERATIONS[3], name="native", native=True)
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:  # not Linux: any x86 of the last ten years has AVX2
        flags = {"avx2"}
    generation = 0 if "avx512vl" in flags else 1 if "avx2" in flags else 2
    return replace(GENERATIONS[generation], name="native", native=True)


@cache
def chips() -> tuple[Chip, ...]:
    """This processor, and the generations."""
    return (_native(), *GENERATIONS)
