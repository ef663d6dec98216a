"""The loops of machine code: natural loops, by dominators (Aho, Lam, Sethi, Ullman, 9.6)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.static.instructions import Flow, Instruction

SPIN = 8  # instructions, at most, of a loop that only waits: for a barrier, for an exchange


@dataclass(frozen=True)
class Loop:
    """`inner` holds no other loop, those that only wait aside."""

    instructions: tuple[Instruction, ...]
    inner: bool


def natural_loops(code: Sequence[Instruction]) -> list[Loop]:
    """The loops of a kernel, without those that only wait."""
    graph = _Graph(code)
    bodies = [body for body in graph.loops() if graph.length(body) > SPIN]
    return [
        Loop(graph.instructions(body), not any(other < body for other in bodies)) for body in bodies
    ]


class _Graph:
    """Basic blocks, by number in the order of addresses."""

    def __init__(self, code: Sequence[Instruction]) -> None:
        self._code = code
        self._addresses = [each.address for each in code]
        leaders = {0}
        for i, each in enumerate(code):
            if each.flow is not Flow.ON:
                leaders.add(i + 1)
            if (to := self._at(each.target)) is not None:
                leaders.add(to)
        starts = sorted(leaders - {len(code)})
        self._spans = list(zip(starts, [*starts[1:], len(code)], strict=True)) if code else []
        block_at = {start: number for number, start in enumerate(starts)}
        self._next: list[list[int]] = []
        for number, (_, end) in enumerate(self._spans):
            last = code[end - 1]
            to = self._at(last.target)
            onward = [block_at[to]] if to is not None else []
            if last.flow in (Flow.ON, Flow.BRANCH) and number + 1 < len(self._spans):
                onward.append(number + 1)
            self._next.append(onward)
        self._before: list[list[int]] = [[] for _ in self._spans]
        for number, onward in enumerate(self._next):
            for to in onward:
                self._before[to].append(number)

    def _at(self, address: int | None) -> int | None:
        """The number of the first instruction at or after an address."""
        if address is None:
            return None
        found = bisect_left(self._addresses, address)
        return found if found < len(self._addresses) else None

    def loops(self) -> list[frozenset[int]]:
        """The blocks of each natural loop; loops of one header are one."""
        if not self._spans:
            return []
        order = self._order()
        dominators = self._dominators(order)
        bodies: dict[int, set[int]] = {}
        for block in order:
            for header in self._next[block]:
                if header in dominators[block]:
                    self._grow(bodies.setdefault(header, {header}), block)
        return [frozenset(body) for body in bodies.values()]

    def _grow(self, body: set[int], block: int) -> None:
        waiting = [block]
        while waiting:
            found = waiting.pop()
            if found not in body:
                body.add(found)
                waiting += self._before[found]

    def _order(self) -> list[int]:
        """What can be reached, each block before those that follow it alone."""
        seen, done = {0}, []
        waiting = [(0, iter(self._next[0]))]
        while waiting:
            block, onward = waiting[-1]
            found = next((to for to in onward if to not in seen), None)
            if found is None:
                done.append(block)
                waiting.pop()
            else:
                seen.add(found)
                waiting.append((found, iter(self._next[found])))
        return done[::-1]

    def _dominators(self, order: Sequence[int]) -> dict[int, frozenset[int]]:
        """Of each block all blocks that every way to it goes through, itself among them."""
        everything = frozenset(order)
        found = {block: everything for block in order}
        found[0] = frozenset({0})
        changed = True
        while changed:
            changed = False
            for block in order[1:]:
                ways = [found[before] for before in self._before[block] if before in found]
                now = frozenset.intersection(*ways) | {block}
                changed |= now != found[block]
                found[block] = now
        return found

    def length(self, body: frozenset[int]) -> int:
        return sum(self._spans[block][1] - self._spans[block][0] for block in body)

    def instructions(self, body: frozenset[int]) -> tuple[Instruction, ...]:
        return tuple(self._code[i] for block in sorted(body) for i in range(*self._spans[block]))
