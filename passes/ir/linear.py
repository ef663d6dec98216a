"""Indices in a body that are sums of loops, numbers and the host's indices."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from mlir import ir

from clawc.passes.ir.constants import constant_index
from clawc.passes.ir.windows import Window

_LONGEST = 64  # operations; what is longer counts as no sum


@dataclass(frozen=True)
class Linear:
    """A window, and so many times each of the host's indices further."""

    window: Window
    moved: tuple[tuple[ir.Value, int], ...] = ()

    def span(self, size: Callable[[int], int]) -> tuple[int, int]:
        """The least and the greatest index, loops being of the given sizes; not `moved`."""
        reach = [step * (size(loop) - 1) for loop, step in self.window.terms]
        low, high = (sum(f(n, 0) for n in reach) for f in (min, max))
        return self.window.offset + low, self.window.offset + high


def linear(index: ir.Value, made: Collection[ir.Value]) -> Linear | None:
    """The sum that an index of a body is, whose operations and arguments have `made` the values
    that are none of the host's; None if it is no such sum."""
    steps: dict[int, int] = {}
    moved: dict[ir.Value, int] = {}
    offset = 0
    pending = [(index, 1)]
    for _ in range(_LONGEST):
        if not pending:
            terms = tuple((loop, step) for loop, step in steps.items() if step)
            return Linear(Window(terms, offset), tuple((v, n) for v, n in moved.items() if n))
        value, factor = pending.pop()
        if (number := constant_index(value)) is not None:
            offset += number * factor
            continue
        if value not in made:
            moved[value] = moved.get(value, 0) + factor
            continue
        if isinstance(value.owner, ir.Block):
            return None
        op = value.owner.operation
        match op.name:
            case "linalg.index":
                loop = ir.IntegerAttr(op.attributes["dim"]).value
                steps[loop] = steps.get(loop, 0) + factor
            case "arith.addi":
                pending += [(op.operands[1], factor), (op.operands[0], factor)]
            case "arith.subi":
                pending += [(op.operands[1], -factor), (op.operands[0], factor)]
            case "arith.muli":
                numbers = [constant_index(operand) for operand in op.operands]
                if numbers[0] is not None:
                    pending.append((op.operands[1], factor * numbers[0]))
                elif numbers[1] is not None:
                    pending.append((op.operands[0], factor * numbers[1]))
                else:
                    return None
            case _:
                return None
    return None
