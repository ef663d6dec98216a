"""What emitting code for a chip gives: bytes, what they are, and facts about each kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KernelFacts = dict[str, int]  # registers, spills, shared, ... : only what is known


class EmissionError(Exception):
    """Code could not be emitted; the message says what was wrong and what to do."""


@dataclass(frozen=True)
class Emitted:
    """Code of one module for one chip."""

    data: bytes
    kind: str  # "llvm", "ptx", "cubin", "gcn", "hsaco", "spirv-asm", "spv", "asm" or "object"
    facts: Mapping[str, KernelFacts] = field(default_factory=dict)  # by kernel name
