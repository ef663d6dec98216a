"""The processor of this machine, as Linux describes it in /proc/cpuinfo."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
FLAGS = ("flags", "Features")  # as x86-64 and AArch64 call them
# Images for processors elsewhere, the best first, and what Linux calls what a processor needs to
# run them: the levels of the x86-64 psABI (1.0, table 3.1), each with those below it.
_V2 = ("cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3")
_V3 = (*_V2, "abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave")
_V4 = (*_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
GENERATIONS = {
    "x86-64-v4": _V4,
    "x86-64-v3": _V3,
    "x86-64-v2": _V2,
    "aarch64": ("asimd",),
}


@cache
def _first() -> dict[str, str]:
    """What is said of the first processor; nothing where the file is not there."""
    try:
        text = CPUINFO.read_text().partition("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def name() -> str:
    """What its maker calls it, or the kind that it is of where that is not known."""
    return _first().get("model name") or platform.machine()


def features() -> frozenset[str]:
    """What it can do beyond the least of its kind."""
    return frozenset(" ".join(_first().get(key, "") for key in FLAGS).split())


def generation_score(generation: str) -> int | None:
    """How new a generation is that this processor belongs to, from 1; None: it does not."""
    needs = GENERATIONS.get(generation)
    if needs is None or not features().issuperset(needs):
        return None
    return len(GENERATIONS) - list(GENERATIONS).index(generation)
