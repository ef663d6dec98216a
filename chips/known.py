"""The chips that there are rows for, found by name."""

from __future__ import annotations

from clawc.chips import amdgpu, host, nvptx, spirv
from clawc.chips.chip import FAMILIES, Chip


class UnknownChip(ValueError):
    """No such target or chip as `spec` says; the message lists those that are known."""

    def __init__(self, spec: str, message: str) -> None:
        super().__init__(message)
        self.spec = spec


def rows_of(target: str) -> tuple[Chip, ...]:
    """The chips of a target; the first is its default."""
    if target == "host":  # asks the machine what it is: not before somebody wants to know
        return host.chips()
    return {"nvptx": nvptx.CHIPS, "amdgpu": amdgpu.CHIPS, "spirv": spirv.CHIPS}[target]


def known() -> dict[str, tuple[Chip, ...]]:
    """The chips of each target; the first is its default."""
    return {target: rows_of(target) for target in FAMILIES}


def find(spec: str) -> Chip:
    """The chip of `target[:chip]`, e.g. `nvptx:sm_90`; without a chip the target's first row."""
    target, _, name = spec.partition(":")
    if target not in FAMILIES:
        raise UnknownChip(spec, f"unknown target {target!r}; known: {', '.join(FAMILIES)}")
    rows = rows_of(target)
    if not name:
        return rows[0]
    for row in rows:
        if row.name == name:
            return row
    names = ", ".join(row.name for row in rows)
    raise UnknownChip(spec, f"unknown chip {name!r} of target {target!r}; known: {names}")
