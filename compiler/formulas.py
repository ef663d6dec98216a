"""Formulas: the scalars of a launch plan as expressions over the sizes of arguments.

A formula is a figure (see `runtime/figures.py`) whose leaves are numbers, ("argument", number),
("dim", argument, dimension) and ("value", number).  Values with long formulas stay values, so that
no formula is longer than `LONGEST` operations, however long the chain of computations is.
"""

from __future__ import annotations

from collections.abc import Sequence

from clawc.runtime.figures import Figure
from clawc.runtime.plan import Entry, ScalarType
from clawc.runtime.steps import Compute, Operand, all_steps
from clawc.targets.estimates.figures import BINARY, combine

LONGEST = 24
_CONVERSIONS = ("arith.index_cast", "arith.index_castui", "arith.extsi", "arith.extui")
_SYMBOLS = {
    **{"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "quotient": "/", "mod": "%"},
    **{"addi": "+", "subi": "-", "muli": "*", "addf": "+", "subf": "-", "mulf": "*", "divf": "/"},
}


class Formulas:
    """Of the values of an entry; `named` are those that are too long for a formula."""

    def __init__(self, entry: Entry) -> None:
        self._known: dict[int, tuple[Figure, int]] = {}  # and how many operations it has
        self.named: set[int] = set()
        for number, type_ in enumerate(entry.arguments):
            if isinstance(type_, ScalarType):
                self._known[number] = ("argument", number), 0
        for step in all_steps(entry.steps):
            if isinstance(step, Compute):
                self._note(step)

    def of(self, operand: Operand) -> Figure:
        """The formula of a scalar."""
        return self._sized(operand)[0]

    def definition(self, step: Compute) -> Figure:
        """What a named value is."""
        return self._computed(step)[0]

    def _sized(self, operand: Operand) -> tuple[Figure, int]:
        if isinstance(operand, tuple) and operand[0] == "value":
            return self._known.get(operand[1], (operand, 0))
        return operand, 0  # pyright: ignore[reportReturnType]  # a float is shown like an int

    def _note(self, step: Compute) -> None:
        formula, size = self._computed(step)
        if size > LONGEST:
            self.named.add(step.value)
        else:
            self._known[step.value] = formula, size

    def _computed(self, step: Compute) -> tuple[Figure, int]:
        parts = [self._sized(operand) for operand in step.operands]
        figures = [figure for figure, _ in parts]
        size = 1 + sum(size for _, size in parts)
        if step.operation in _CONVERSIONS:
            return figures[0], size - 1
        if step.operation in BINARY and step.types[0] == "index":
            return combine(BINARY[step.operation], *figures), size
        return (step.operation.partition(".")[2], *figures), size


def show(formula: Figure) -> str:
    """A formula as it would be written: `ceildiv(arg0.dim1, 64) * 2`."""
    if not isinstance(formula, tuple | list):
        return str(formula)
    name, *rest = formula
    if name == "dim":
        return f"arg{rest[0]}.dim{rest[1]}"
    if name == "argument":
        return f"arg{rest[0]}"
    if name == "value":
        return f"v{rest[0]}"
    if name in _SYMBOLS:
        parts = [show(part) for part in rest]
        for i, part in enumerate(rest):
            if _is_sum(part) and not (i == 0 and part[0] == name and name in ("add", "mul")):
                parts[i] = f"({parts[i]})"
        return f" {_SYMBOLS[name]} ".join(parts)
    return f"{name}({', '.join(map(show, rest))})"


def show_all(operands: Sequence[Operand], formulas: Formulas) -> list[str]:
    return [show(formulas.of(operand)) for operand in operands]


def _is_sum(formula: Figure) -> bool:
    return isinstance(formula, tuple | list) and formula[0] in _SYMBOLS
