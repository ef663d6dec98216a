"""What to compile for, given what a device is."""

from __future__ import annotations

import re

from clawc.chips import nvptx as chips_nvptx


def target_of_device(target: str, chip: str) -> str:
    """The `target:chip` for a device; an NVIDIA chip without a row takes an older one's PTX."""
    if target != "nvptx":
        return f"{target}:{chip}"
    older = [row.name for row in chips_nvptx.CHIPS if capability(row.name) <= capability(chip)]
    return f"nvptx:{max(older, key=capability, default=chip)}"


def capability(chip: str) -> int:
    """The number in `sm_90a`."""
    found = re.search(r"\d+", chip)
    return int(found[0]) if found else 0
