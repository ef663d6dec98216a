"""One machine instruction as a disassembler prints it, and the code of one kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Flow(Enum):
    """Where the next instruction is."""

    ON = "on"  # the one that follows
    BRANCH = "branch"  # that, or the target
    JUMP = "jump"  # the target
    END = "end"


@dataclass(frozen=True)
class Instruction:
    """`name` is the opcode with its modifiers; a predicate before it is not part of it."""

    address: int
    name: str
    operands: str = ""
    flow: Flow = Flow.ON
    target: int | None = None  # address of a branch or jump


@dataclass(frozen=True)
class Code:
    """The machine code of a kernel and what its tools say of it.  Sizes in bytes; registers are
    32-bit, of one thread."""

    kernel: str
    instructions: tuple[Instruction, ...]
    lanes: int
    threads: int  # of a workgroup
    registers: int
    shared: int
    spills: int
    image: int  # of the whole file that the kernel is in
    facts: Mapping[str, object] = field(default_factory=dict)  # of the compiler, where it tells
