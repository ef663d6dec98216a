"""Chips as users write them: `nvptx`, `amdgpu:gfx942`."""

from __future__ import annotations

from collections.abc import Sequence

from clawc.chips.chip import Chip
from clawc.chips.known import UnknownChip, find, known
from clawc.compiler.diagnostics import UsageError
from clawc.compiler.spelling import did_you_mean


def find_chips(targets: str | Sequence[str]) -> list[Chip]:
    """The chips of `target[:chip]` specs.  Raises UsageError that lists the known ones."""
    try:
        return [find(spec) for spec in ([targets] if isinstance(targets, str) else targets)]
    except UnknownChip as error:
        raise unknown_chip(error) from None


def unknown_chip(error: UnknownChip) -> UsageError:
    """The error with what may have been meant: a target, a chip, or a chip without its target."""
    words = {target: target for target in known()}
    for chips in known().values():
        for chip in chips:
            words |= {chip.name: chip.spec, chip.spec: chip.spec}
    return UsageError.of(f"{error}{did_you_mean(error.spec, words, words)}")
