"""What a PTX file's target allows: `sm_80` what earlier chips have, too; `sm_120a` what its family
alone has."""

from __future__ import annotations

import re

from clawc.emulators.ptx.opcode import Opcode, UnknownInstruction


def check_target(op: Opcode, target: str, *firsts: str) -> None:
    """Raise unless the target is as late as one of `firsts`, or "sm_120a" and of its family."""
    if not any(_allows(target, first) for first in firsts):
        needed = " or ".join(firsts)
        raise UnknownInstruction(f"{op.text!r} is for {needed}, the file for {target}")


def _allows(target: str, first: str) -> bool:
    here, needed = (re.fullmatch(r"sm_(\d+)([af]?)", name) for name in (target, first))
    if here is None or needed is None:
        return False
    if needed[2]:  # code for a family, or for one chip of it
        return bool(here[2]) and here[1][:-1] == needed[1][:-1]
    return int(here[1]) >= int(needed[1])
