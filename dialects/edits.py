"""A change to a text before MLIR parses it, which keeps its lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """`text[start:end]` becomes `new`, which has as many lines."""

    start: int
    end: int
    new: str
