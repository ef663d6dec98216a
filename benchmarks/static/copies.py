"""What a loop does while its copies from global memory are under way.

The loop's code is read for a few rounds as one line.  A copy is issued, and later waited for: on
NVIDIA's chips by the first reader of its registers, or by the wait for its group of `cp.async`; on
AMD's by the count of loads that may still be open.  What stands between can hide its latency.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.static.instructions import Instruction

ROUNDS = 6  # so that what is issued some stages ahead is waited for, too


@dataclass(frozen=True)
class Copies:
    """`open`: copies under way when a matrix product or FMA is issued, at the most; `behind`:
    such products, between a copy's issue and its wait, at the least."""

    open: int
    behind: int


class _Line:
    """Notes copies by number, and the work that is done while they are open."""

    def __init__(self) -> None:
        self._issued: list[int] = []  # work done before each
        self._open: set[int] = set()
        self.done = 0
        self.most = 0
        self.behind: list[int] = []  # of those that were waited for

    def work(self) -> None:
        self.done += 1
        self.most = max(self.most, len(self._open))

    def issue(self) -> int:
        self._issued.append(self.done)
        self._open.add(len(self._issued) - 1)
        return len(self._issued) - 1

    def wait(self, copy: int) -> None:
        if copy in self._open:
            self._open.remove(copy)
            self.behind.append(self.done - self._issued[copy])

    def found(self) -> Copies | None:
        return Copies(self.most, min(self.behind)) if self.behind else None


def copies_in_sass(
    loop: Sequence[Instruction], works: Callable[[Instruction], bool]
) -> Copies | None:
    """None where the loop waits for no copy of its own."""
    line = _Line()
    registers: dict[str, int] = {}  # that an open copy will write
    group: list[int] = []
    groups: deque[list[int]] = deque()
    for each in [*loop] * ROUNDS:
        for name in re.findall(r"\bR\d+\b", each.operands):
            if name in registers:
                line.wait(registers.pop(name))
        if works(each):
            line.work()
        if each.name.startswith("LDGSTS"):
            group.append(line.issue())
        elif each.name.startswith("LDGDEPBAR"):
            groups.append(group)
            group = []
        elif each.name.startswith("DEPBAR"):
            count = re.search(r"SB\d+,\s*(0x[0-9a-f]+)", each.operands)
            for _ in range(len(groups) - (int(count[1], 16) if count else 0)):
                for copy in groups.popleft():
                    line.wait(copy)
        elif re.match(r"LDG\b", each.name):
            copy = line.issue()
            registers.update(dict.fromkeys(_written(each), copy))
    return line.found()


def _written(load: Instruction) -> list[str]:
    first = re.match(r"R(\d+)", load.operands)
    width = re.search(r"\.(64|128)\b", load.name)
    count = int(width[1]) // 32 if width else 1
    return [f"R{int(first[1]) + i}" for i in range(count)] if first else []


def copies_in_gcn(
    loop: Sequence[Instruction], works: Callable[[Instruction], bool]
) -> Copies | None:
    """None where the loop waits for no copy of its own."""
    line = _Line()
    pending: deque[int] = deque()  # loads are done in order
    for each in [*loop] * ROUNDS:
        if works(each):
            line.work()
        if re.match(r"(global|buffer)_load", each.name):
            pending.append(line.issue())
        elif (count := _may_be_open(each)) is not None:
            for _ in range(len(pending) - count):
                line.wait(pending.popleft())
    return line.found()


def _may_be_open(wait: Instruction) -> int | None:
    """How many loads a wait leaves under way; None for another instruction or another counter."""
    if wait.name.startswith("s_wait_loadcnt"):
        return int(wait.operands, 16)
    if wait.name.startswith("s_waitcnt"):
        count = re.search(r"vmcnt\((\d+)\)", wait.operands)
        return int(count[1]) if count else None
    return None
