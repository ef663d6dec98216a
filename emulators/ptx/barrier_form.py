"""What an instruction `bar` or `barrier.cta` says."""

from __future__ import annotations

from dataclasses import dataclass

from clawc.emulators.ptx.layout import Layout
from clawc.emulators.ptx.opcode import Opcode
from clawc.emulators.ptx.syntax import Instruction
from clawc.emulators.ptx.threads import Reader, Writer, reader
from clawc.emulators.ptx.unset import setting


@dataclass(frozen=True)
class BarrierForm:
    """What an instruction says: which barrier, for how many threads, and what is done there."""

    instruction: Instruction
    kind: str  # "sync", "arrive", "red"
    selector: Reader | None = None
    expected: Reader | None = None  # how many threads, if it says so
    combine: str = ""  # of "red": "popc", "and", "or"
    predicate: Reader | None = None
    result: Writer | None = None
    aligned: bool = True  # the threads of a workgroup come to the same instruction


def barrier_form(instruction: Instruction, layout: Layout) -> BarrierForm:
    op = Opcode(instruction.opcode)
    operands = list(instruction.operands)
    aligned = op.flag("aligned") or op.base == "bar"
    op.flag("cta")
    kind = op.one_of("sync", "arrive", "red")
    combine, predicate, result = "", None, None
    if kind == "red":
        combine = op.one_of("popc", "and", "or")
        type_ = op.one_of("u32" if combine == "popc" else "pred")
        result = setting(operands.pop(0), type_, layout)
        predicate = reader(operands.pop(), "pred", layout)
    op.check_all_taken()
    selector, *count = (reader(operand, "u32", layout) for operand in operands)
    if kind == "arrive" and not count:
        raise op.unknown()
    expected = count[0] if count else None
    return BarrierForm(instruction, kind, selector, expected, combine, predicate, result, aligned)
