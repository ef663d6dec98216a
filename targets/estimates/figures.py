"""The expressions of estimates: what `arith` operations mean in them, and folding."""

from __future__ import annotations

from typing import Any

from clawc.runtime.figures import OPERATORS, Condition, Figure

BINARY = {
    "arith.addi": "add",
    "arith.subi": "sub",
    "arith.muli": "mul",
    "arith.divui": "floordiv",
    "arith.divsi": "quotient",
    "arith.floordivsi": "floordiv",
    "arith.ceildivui": "ceildiv",
    "arith.ceildivsi": "ceildiv",
    "arith.remui": "mod",
    "arith.maxsi": "max",
    "arith.maxui": "max",
    "arith.minsi": "min",
    "arith.minui": "min",
    "arith.ori": "or",
}
PREDICATES = ("eq", "ne", "lt", "le", "gt", "ge", "lt", "le", "gt", "ge")  # arith.cmpi's, in order
OPPOSITE = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
LONGEST = 100  # parts of a figure
_NEUTRAL = {"add": 0, "sub": 0, "or": 0, "mul": 1, "floordiv": 1, "ceildiv": 1, "quotient": 1}
_DIVISIONS = ("floordiv", "ceildiv", "quotient", "mod")


def combine(name: str, left: Figure, right: Figure) -> Figure:
    """`left` and `right` under an operator; constants are folded and gathered, neutral ones
    dropped."""
    if name in _DIVISIONS and right == 0:
        return (name, left, right)  # stays an error of the run
    if isinstance(left, int) and isinstance(right, int):
        return OPERATORS[name](left, right)
    if name in ("add", "mul") and isinstance(left, int):
        left, right = right, left
    if right == _NEUTRAL.get(name):
        return left
    if name == "mul" and right == 0:
        return 0
    if name in ("add", "mul"):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, tuple) and one[0] == name and isinstance(one[2], int):
                constant = one[2] if not isinstance(other, int) else OPERATORS[name](one[2], other)
                rest = one[1] if isinstance(other, int) else combine(name, one[1], other)
                return combine(name, rest, constant)
    if name in ("max", "min") and left == right:
        return left
    return (name, left, right)


def short(figure: Figure | Condition | None) -> Any:
    """The figure or condition, unless it has more than `LONGEST` parts: what nobody would read is
    not known, so that no chain of computations takes long to write or to compare."""
    waiting, count = [figure], 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > LONGEST:
            return None
        if isinstance(part, tuple):
            waiting += part[1:]
    return figure


def negate(condition: Condition) -> Condition:
    """What holds if and only if `condition` does not."""
    name, *rest = condition
    return (OPPOSITE[name], *rest) if name in OPPOSITE else ("not", condition)
