"""Processors: the one that clawc itself runs on, and generations to compile for elsewhere."""

import platform
from dataclasses import replace
from pathlib import Path

from clawc.chips.chip import Chip

TYPES = frozenset("f16 bf16 f32 f64 i1 i8 i16 i32 i64".split())

_LINUX = "x86_64-unknown-linux-gnu"


def _row(name: str, simd_bytes: int, registers: int, triple: str, cpu: str) -> Chip:
    return Chip(
        # x86-64-v2 cannot convert f16.
        *("host", name, 1, 1, 1 << 20, 16, 64, TYPES - {"f16"} if name == "x86-64-v2" else TYPES),
        index_bits=64,
        registers=registers,
        simd_bytes=simd_bytes,
        triple=triple,
        cpu=cpu,
        source="x86-64 psABI 1.0, 2021" if "x86" in triple else "Arm Architecture Reference, 2023",
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
        return replace(GENERATIONS[3], name="native")
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:  # not Linux: any x86 of the last ten years has AVX2
        flags = {"avx2"}
    generation = 0 if "avx512vl" in flags else 1 if "avx2" in flags else 2
    return replace(GENERATIONS[generation], name="native")


CHIPS = (_native(), *GENERATIONS)
