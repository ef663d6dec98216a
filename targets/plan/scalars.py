"""The scalars of a plan under construction: numbered, computed once, folded where known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from clawc.runtime.scalar_operations import OPERATIONS
from clawc.runtime.scalar_types import bits, is_float
from clawc.runtime.steps import Compute, Operand, Step

# With this right operand the result is the left one.
_NEUTRAL = {
    **dict.fromkeys(("arith.addi", "arith.subi", "arith.ori", "arith.xori"), 0),
    **dict.fromkeys(("arith.shli", "arith.shrsi", "arith.shrui"), 0),
    **dict.fromkeys(("arith.muli", "arith.divsi", "arith.divui", "arith.floordivsi"), 1),
    **dict.fromkeys(("arith.ceildivsi", "arith.ceildivui"), 1),
    "arith.andi": -1,
}
_COMMUTATIVE = ("arith.addi", "arith.muli", "arith.andi", "arith.ori", "arith.xori")
_SAME_OF_BOTH = ("arith.maxsi", "arith.minsi", "arith.maxui", "arith.minui", "arith.andi")


class Scalars:
    """`steps` is where computations go: the list of the block that is being written."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self._next = 0
        self._known: dict[tuple, Operand] = {}
        self._inside: list[list[tuple]] = []  # what each block around has computed

    def number(self) -> int:
        """A number for a value that is not computed here; the arguments' come first."""
        self._next += 1
        return self._next - 1

    @contextmanager
    def block(self, steps: list[Step]) -> Iterator[None]:
        """Compute into the steps of an inner block; what it computes ends with it."""
        outer, self.steps = self.steps, steps
        self._inside.append([])
        yield
        for key in self._inside.pop():
            del self._known[key]
        self.steps = outer

    def compute(self, name: str, types: tuple[str, str], operands: tuple[Operand, ...]) -> Operand:
        """What an operation makes of operands: a number, a value that is there, or a new one."""
        if name in _COMMUTATIVE and isinstance(operands[0], int):
            operands = operands[::-1]
        known = _known_without(name, types, operands)
        if known is not None:
            return known
        key = (name, types, *((type(o), str(o)) for o in operands))  # 0.0 is not -0.0
        if key not in self._known:
            made: Operand = ("value", self.number())
            self._known[key] = made
            if self._inside:
                self._inside[-1].append(key)
            self.steps.append(Compute(made[1], name, types, operands))
        return self._known[key]


def _known_without(
    name: str, types: tuple[str, str], operands: tuple[Operand, ...]
) -> Operand | None:
    """The result, where no call has to compute it."""
    if not any(isinstance(operand, tuple) for operand in operands):
        return OPERATIONS[name].compute(*types, *operands)
    if name == "arith.select" and not isinstance(operands[0], tuple):
        return operands[1] if operands[0] else operands[2]
    if name in _NEUTRAL and operands[1] == _NEUTRAL[name]:
        return operands[0]
    if name == "arith.muli" and operands[1] == 0:
        return 0
    if name in _SAME_OF_BOTH and operands[0] == operands[1]:
        return operands[0]
    converts = name in ("arith.index_cast", "arith.index_castui")
    if converts and not any(map(is_float, types)) and bits(types[0]) == bits(types[1]):
        return operands[0]
    return None
