"""How long a launch is estimated to take, from what its kernel's figures are for its sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clawc.chips.chip import Chip
from clawc.chips.cycles import Cycles, Work, estimate
from clawc.chips.elements import ELEMENTS
from clawc.compiler.formulas import Formulas
from clawc.runtime.figures import Figure
from clawc.runtime.plan import Entry, TensorType
from clawc.runtime.steps import Alloc, Launch, Operand, all_steps

_BARRIERS_A_ROUND = 2  # before operands go to shared memory, and after


def launch_cycles(
    launch: Launch,
    facts: Mapping[str, Any],
    figures: Mapping[str, Figure | None],
    buffers: Mapping[int, int],
    grid: Figure,
    chip: Chip,
) -> Cycles | None:
    """Of a launch whose sizes are known; `buffers`: bytes of those that are.  None where a figure
    depends on sizes or data."""
    if not isinstance(grid, int):
        return None
    known = {kind: figure for kind, figure in figures.items() if isinstance(figure, int)}
    if len(known) < len(figures):
        return None
    moved = known.get("global read", 0) + known.get("global write", 0)
    sizes = [buffers.get(buffer) for buffer in dict.fromkeys(launch.buffers)]
    work = Work(
        grid,
        facts.get("threads", 1),
        facts.get("registers", 0),
        facts.get("shared", 0) + facts.get("dynamic_shared", 0),
        known.get("matrix flop", 0),
        known.get("flop", 0),
        sum(known.get(f"shared {verb} transactions", 0) for verb in ("read", "write")),
        moved,
        sum(size for size in sizes if size is not None) if None not in sizes else moved,
        known.get("barriers", 0) // _BARRIERS_A_ROUND,
    )
    return estimate(work, chip)


def buffer_bytes(entry: Entry, formulas: Formulas) -> dict[int, int]:
    """Of the arguments and what is allocated, where sizes are known."""
    found = {}
    for number, type_ in enumerate(entry.arguments):
        if isinstance(type_, TensorType):
            found[number] = _bytes(type_.dtype, type_.shape, formulas)
    for step in all_steps(entry.steps):
        if isinstance(step, Alloc):
            found[step.buffer] = _bytes(step.dtype, step.shape, formulas)
    return {number: size for number, size in found.items() if size is not None}


def _bytes(dtype: str, shape: tuple[Operand, ...], formulas: Formulas) -> int | None:
    size = ELEMENTS[dtype].bytes if dtype in ELEMENTS else 8
    for extent in map(formulas.of, shape):
        if not isinstance(extent, int):
            return None
        size *= extent
    return size
