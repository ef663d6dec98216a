"""What a PTX file's target allows: `sm_80` what earlier chips have, too; `sm_120a` what its family
alone has."""

from __future__ import annotations

import re

from clawc.runtime.emulation.ptx_opcode import Opcode, UnknownInstruction


def check_target(op: Opcode, target: str, first: str) -> None:
    """Raise unless the target is `first`, as in "sm_80", or later; or of its family, "sm_120a"."""
    here, needed = (re.fullmatch(r"sm_(\d+)([af]?)", name) for name in (target, first))
    if here is None or needed is None:
        raise UnknownInstruction(f"{op.text!r}: the target {target!r} is not known")
    if needed[2]:  # code for a family, or for one chip of it
        allowed = bool(here[2]) and here[1][:-1] == needed[1][:-1]
    else:
        allowed = int(here[1]) >= int(needed[1])
    if not allowed:
        raise UnknownInstruction(f"{op.text!r} is for {first}, the file for {target}")
