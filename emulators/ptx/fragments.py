"""The registers that products of warpgroups use: which together, and when they may be touched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from clawc.emulators.ptx.flow import is_product, registers_in
from clawc.emulators.ptx.syntax import Instruction, Operand, Vector
from clawc.emulators.ptx.values import Array

Fragment = tuple[str, tuple[int, ...]]  # "result" or "source", and the registers


def fragment(role: str, operand: Operand) -> Fragment:
    return role, tuple(register.number for register in registers_in(operand))


class Fragments:
    """A kernel's accumulators, and parts of A that are held in registers, numbered."""

    def __init__(self, instructions: Iterable[Instruction] = ()) -> None:
        self.numbers: dict[Fragment, int] = {}
        self.by_register: dict[int, set[int]] = {}
        for instruction in instructions:
            if is_product(instruction):
                result, a, *_ = instruction.operands
                self.add(fragment("result", result))
                if isinstance(a, Vector):
                    self.add(fragment("source", a))

    def add(self, key: Fragment) -> None:
        number = self.numbers.setdefault(key, len(self.numbers))
        for register in key[1]:
            self.by_register.setdefault(register, set()).add(number)

    def sharing(self, key: Fragment) -> list[int]:
        """Itself, and the fragments that have a register with it in common."""
        return sorted(set().union(*(self.by_register[register] for register in key[1])))


class InFlight:
    """Products, and for each fragment and lane whether it may be used; groups are counted."""

    def __init__(self, fragments: int, lanes: int) -> None:
        self.products: list[Any] = []
        self.committed = np.zeros(lanes, np.int32)
        self.finished = np.zeros(lanes, np.int32)
        self.busy = np.zeros((fragments, lanes), np.int32)  # until so many groups are finished
        self.touched = np.ones((fragments, lanes), np.bool_)  # since the last fence

    def is_busy(self, number: int, lanes: Array) -> Array:
        return self.busy[number, lanes] > self.finished[lanes]
