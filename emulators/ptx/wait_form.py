"""What an instruction `mbarrier.test_wait` or `mbarrier.try_wait` says."""

from __future__ import annotations

from dataclasses import dataclass

from clawc.emulators.ptx.access import Form
from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.mbarrier_ops import object_form
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Reader, Writer, reader
from clawc.emulators.ptx.unset import setting


@dataclass(frozen=True)
class WaitForm:
    """A `test_wait` or `try_wait`."""

    instruction: Instruction
    place: Form
    token: Reader  # a state, or a parity
    by_parity: bool
    result: Writer
    acquires: bool


def wait_form(instruction: Instruction, layout: Layout) -> WaitForm:
    op = Opcode(instruction.opcode)
    may_suspend = op.one_of("test_wait", "try_wait") == "try_wait"
    by_parity, relaxed = op.flag("parity"), op.flag("relaxed")
    for name in ("acquire", "cta", "cluster"):
        op.flag(name)
    result, place, token, *hint = instruction.operands
    if len(hint) > may_suspend:
        raise op.unknown()
    form = object_form(op, place, instruction, layout)
    op.one_of("b64")
    op.check_all_taken()
    read = reader(token, "u32" if by_parity else "u64", layout)
    write = setting(result, "pred", layout)
    return WaitForm(instruction, form, read, by_parity, write, not relaxed)
