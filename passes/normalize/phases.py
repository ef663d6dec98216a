"""The phases of a convolution along a dimension in which its input has zeros between elements.

Output p and tap k meet at place p + dilation * k of a tensor that holds element i of the input at
offset + step * i, and zeros elsewhere.  Outputs of one phase r, p = step * q + r - lead, meet the
input at every step-th tap only, k = step * t + u(r), at element q + c(r) + dilation * t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True)
class Line:
    """start + slope * r."""

    start: int
    slope: int

    def values(self, count: int) -> list[int]:
        return [self.start + self.slope * r for r in range(count)]

    @classmethod
    def through(cls, values: Sequence[int]) -> Line | None:
        line = cls(values[0], values[1] - values[0])
        return line if line.values(len(values)) == list(values) else None


@dataclass(frozen=True)
class Phases:
    """Of one dimension: `step` phases; the first `lead` outputs of the first ones are too many."""

    step: int
    dilation: int
    taps: int  # of each phase; of some the last is none of the convolution's
    lead: int
    tap: Line  # u
    element: Line  # c

    @property
    def first(self) -> int:
        """The least c."""
        return min(self.element.values(self.step))

    @property
    def spread(self) -> int:
        """How much further than the least the greatest c is."""
        return max(self.element.values(self.step)) - self.first

    @classmethod
    def of(cls, step: int, offset: int, taps: int, dilation: int) -> Phases | None:
        """None where phases differ in more than a line says: all of them are one convolution.  A
        `step` of 2 has such phases, and a dilation of 1."""
        if step < 2 or gcd(step, dilation) > 1:
            return None
        inverse = pow(dilation, -1, step)
        for lead in range(step):
            start = offset + lead
            tap = [inverse * (start - r) % step for r in range(step)]
            element = [(r + dilation * u - start) // step for r, u in enumerate(tap)]
            lines = Line.through(tap), Line.through(element)
            if lines[0] is not None and lines[1] is not None:
                return cls(step, dilation, -(-taps // step), lead, lines[0], lines[1])
        return None
