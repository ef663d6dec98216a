"""The page docs/tested.md: operations, types and devices, as a run of the tests had them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from run_record import Ran

COLUMNS = {
    "host": "host",
    "opencl": "OpenCL",
    "vulkan": "Vulkan",
    "PTX emulator": "PTX, emulated",
    "CDNA emulator": "CDNA, emulated",
    "RDNA emulator": "RDNA, emulated",
    "per-thread interpreter": "threads, interpreted",
}
INTRODUCTION = """# What was run, and where

Each operation of the programs in `test/run`, the element types that it had there, and the devices
that gave the right numbers for it: drivers of this machine's processor, emulators of vendors'
instructions, and the interpreter of the per-thread program. No GPU has run these tests. "all" are
all types of the row; `f16 -> f32` is an operation from one type to another.

`python test --table` writes this page from what it ran; a whole run with all drivers, as in CI,
fails where the page claims something that did not run.
"""
_ROW = re.compile(r"\| `([^`]+)` \| ([^|\n]+) \|((?:[^|\n]+\|)+)")


def page(ran: Iterable[Ran]) -> str:
    """The page that says what ran: a table for each dialect."""
    rows: dict[str, dict[str, set[str]]] = {}
    for operation, types, device in ran:
        rows.setdefault(operation, {}).setdefault(device, set()).add(types)
    parts = [INTRODUCTION.rstrip()]
    for dialect in sorted({operation.partition(".")[0] for operation in rows}):
        lines = ["| operation | types | " + " | ".join(COLUMNS.values()) + " |"]
        lines.append("|---" * (len(COLUMNS) + 2) + "|")
        for operation in sorted(op for op in rows if op.partition(".")[0] == dialect):
            every = set().union(*rows[operation].values())
            cells = [_cell(rows[operation].get(device, set()), every) for device in COLUMNS]
            lines.append(f"| `{operation}` | {', '.join(sorted(every))} | {' | '.join(cells)} |")
        parts += [f"## {dialect}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _cell(types: set[str], every: set[str]) -> str:
    if types == every:
        return "all"
    but = every - types
    if len(but) < len(types):
        return f"all but {', '.join(sorted(but))}"
    return ", ".join(sorted(types)) or "none"


def claims(text: str) -> set[Ran]:
    """What a page says that ran."""
    found: set[Ran] = set()
    for row in _ROW.finditer(text):
        every = set(row[2].split(", "))
        for device, cell in zip(COLUMNS, row[3].split("|"), strict=False):
            said = cell.strip()
            if said.startswith("all"):
                types = every - set(said.removeprefix("all but ").split(", "))
            else:
                types = set() if said == "none" else set(said.split(", "))
            found |= {(row[1], one, device) for one in types}
    return found


def unfounded(path: Path, ran: set[Ran]) -> list[str]:
    """What the page at `path` claims though it did not run, one line each."""
    missing = claims(path.read_text()) - ran
    return [f"{operation} of {types} on {device}" for operation, types, device in sorted(missing)]
