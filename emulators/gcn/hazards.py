"""Are instructions far enough apart, where the hardware does not see to it?  (GCN 5 and CDNA.)

What a block of instructions leaves behind, results that are still on their way, is a `Trail`.  What
happens to a trail in a block is found out once, and looked up from then on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from clawc.emulators.gcn.generations import Generation
from clawc.emulators.gcn.hazard_events import Event, Use, events, uses
from clawc.emulators.gcn.hazard_rules import RULES, Rules
from clawc.emulators.gcn.names import register_name
from clawc.emulators.gcn.step import Step
from clawc.emulators.gcn.waves import Waves


@dataclass(frozen=True, eq=False)
class Trail:
    """What came before a place, each with the wait states since then; one object for equal ones."""

    events: tuple[tuple[Event, int], ...] = ()


@dataclass(frozen=True)
class TooEarly:
    """A step that comes before the result that it touches is there."""

    step: Step
    message: str


@dataclass(eq=False)
class Hazards:
    """The rules of a generation, and what is known of trails through blocks."""

    generation: Generation
    known: dict[tuple[int, Trail], tuple[Trail, tuple[TooEarly, ...]]] = field(default_factory=dict)
    trails: dict[tuple[tuple[Event, int], ...], Trail] = field(default_factory=dict)

    @cached_property
    def windows(self) -> dict[str, int]:
        """For how many wait states something matters, by its kind."""
        found: dict[str, int] = {}
        for (kind, _), number in RULES[self.generation.name][0].items():
            most = max(number.values()) if isinstance(number, dict) else number
            found[kind] = max(found.get(kind, 0), most)
        return found

    def enter(
        self, w: Waves, start: int, steps: list[Step], issued: list[int], length: int
    ) -> None:
        """The waves run a block of `length` wait states, its steps `issued` at some of them:
        report what is too early, and leave trails for the next block."""
        left = set()
        for trail in w.trails or (self._same(()),):
            key = (start, trail)
            if key not in self.known:
                self.known[key] = self._followed(trail, steps, issued, length)
            after, early = self.known[key]
            left.add(after)
            for one in early:
                lanes = np.flatnonzero(w.exec)
                w.batch.report("unfinished", one.step.instruction, one.message, w, lanes)
        w.trails = frozenset(left)

    def _same(self, found: tuple[tuple[Event, int], ...]) -> Trail:
        return self.trails.setdefault(found, Trail(found))

    def _followed(
        self, trail: Trail, steps: list[Step], issued: list[int], length: int
    ) -> tuple[Trail, tuple[TooEarly, ...]]:
        recent = [(event, -since) for event, since in trail.events]  # with the state it came at
        early: list[TooEarly] = []
        for step, now in zip(steps, issued, strict=True):
            recent = self._still(recent, now)
            for use in uses(step, self.generation):
                for event, at in recent:
                    early += self._compared(step, use, event, now - at)
            mine = [(event, now + 1) for event in events(step, self.generation)]
            recent = [row for row in recent if not _replaced(row[0], mine)] + mine
        left = [(event, length - at) for event, at in self._still(recent, length)]
        return self._same(tuple(left)), tuple(early)

    def _still(self, recent: list[tuple[Event, int]], now: int) -> list[tuple[Event, int]]:
        return [(event, at) for event, at in recent if now - at < self.windows.get(event.kind, 0)]

    def _compared(self, step: Step, use: Use, event: Event, between: int) -> list[TooEarly]:
        general, same = RULES[self.generation.name]
        touched = event.registers & use.registers
        if not touched:
            return []
        handed_on = use.kind.startswith("c of") and event.registers == use.registers
        rules = same if handed_on and event.passes else general
        needed = _number(rules, event, use)
        if between >= needed:
            return []
        name = register_name(min(touched))
        return [
            TooEarly(
                step,
                f"uses {name} {between} wait states after '{event.instruction}', "
                f"to which {needed} must be kept",
            )
        ]


def _number(rules: Rules, event: Event, use: Use) -> int:
    found = rules.get((event.kind, use.kind), 0)
    return found.get(event.passes, 0) if isinstance(found, dict) else found


def _replaced(event: Event, newer: list[tuple[Event, int]]) -> bool:
    """Whether a later instruction has written all that this one wrote."""
    return any(
        event.writes and other.writes and event.registers <= other.registers for other, _ in newer
    )
