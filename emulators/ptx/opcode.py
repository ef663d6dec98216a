"""An opcode with its modifiers, and the table of what instructions without side effects compute.

A builder looks at the modifiers, taking each one that it knows, and says which types the operands
have and which function of NumPy arrays the instruction is.  A modifier that nobody took makes the
instruction unknown: nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clawc.emulators.interface import EmulationError
from clawc.emulators.ptx.values import BITS


class UnknownInstruction(EmulationError):
    """An instruction, or a form of one, that the emulator does not have."""


class Opcode:
    """`add.rn.ftz.f32`: its base, and the modifiers that have not been taken yet."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.base, *self.rest = text.split(".")

    def flag(self, name: str) -> bool:
        """Whether the modifier is there."""
        if name in self.rest:
            self.rest.remove(name)
            return True
        return False

    def one_of(self, *names: str, default: str | None = None) -> str:
        """The first of these modifiers that is there; unknown without it and without a default."""
        for name in names:
            if self.flag(name):
                return name
        if default is None:
            raise self.unknown()
        return default

    def type(self) -> str:
        """The last modifier, which must be a type."""
        if not self.rest or self.rest[-1] not in BITS:
            raise self.unknown()
        return self.rest.pop()

    def unknown(self) -> UnknownInstruction:
        return UnknownInstruction(f"unknown instruction {self.text!r}: the emulator lacks it")

    def check_all_taken(self) -> None:
        if self.rest:
            raise self.unknown()


@dataclass(frozen=True)
class Semantics:
    """`compute(*operands)` gives the result, or one of each type in `result`."""

    result: str | tuple[str, ...]
    operands: tuple[str, ...]
    compute: Callable[..., Any]


Builder = Callable[[Opcode], Semantics]
_BUILDERS: dict[str, list[Builder]] = {}


def semantics(*bases: str) -> Callable[[Builder], Builder]:
    """Registers a builder for opcodes; where there are several, the first that knows the form."""

    def register(builder: Builder) -> Builder:
        for base in bases:
            _BUILDERS.setdefault(base, []).append(builder)
        return builder

    return register


def find_semantics(text: str) -> Semantics | None:
    """What `text` computes; None if its base is none of these instructions."""
    builders = _BUILDERS.get(text.partition(".")[0])
    if builders is None:
        return None
    for builder in builders:
        opcode = Opcode(text)
        try:
            found = builder(opcode)
            opcode.check_all_taken()
        except UnknownInstruction:
            continue
        return found
    raise Opcode(text).unknown()
