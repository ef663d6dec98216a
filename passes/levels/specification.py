"""What a level is: for each part of a module, the operations and types that may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clawc.passes.kernel.attributes import at_level

# The parts of a module that differ in what may stand in them.
PARTS = {
    "module": "at the top, and at the top of a `gpu.module`",
    "host": "in a function that callers see",
    "vector kernel": "in a kernel of the vector lane",
    "generic kernel": "in a kernel of the generic lane",
    "body": "in the region of a `linalg` or `tensor` operation",
    "thread": "in a `gpu.func`, the program of one thread",
    "code": "in a function of the target's own dialect",
}


@dataclass(frozen=True)
class Rule:
    """What may stand in one part: operations by name or by dialect (`arith.*`), types by kind.

    The kinds of types are those of `kinds.kind_of`.
    """

    operations: frozenset[str]
    types: frozenset[str]

    @classmethod
    def of(cls, operations: str, types: str) -> Rule:
        """A rule from names between spaces and kinds between commas."""
        return cls(frozenset(operations.split()), frozenset(t.strip() for t in types.split(",")))

    def takes_operation(self, name: str) -> bool:
        return name in self.operations or f"{name.partition('.')[0]}.*" in self.operations

    def __or__(self, other: Rule) -> Rule:
        return Rule(self.operations | other.operations, self.types | other.types)


@dataclass(frozen=True)
class Level:
    """What holds in a module when it has reached `stage`."""

    stage: str  # the name that -emit has for it, and the road's leg
    parts: Mapping[str, Rule]
    passing: Rule = Rule(frozenset(), frozenset())  # what stands only between this and the last
    before: tuple[str, ...] = ()  # the stages that attributes may be left of
    laid_out: bool = False  # each tile has a layout, and operations have what they need

    @property
    def attributes(self) -> frozenset[str]:
        """Those by which passes talk that may stand here (docs/kernel-attributes.md)."""
        return frozenset().union(*map(at_level, (self.stage, *self.before)))

    def __post_init__(self) -> None:
        unknown = set(self.parts) - set(PARTS)
        if unknown:
            raise ValueError(f"level {self.stage!r} has unknown parts: {', '.join(unknown)}")

    def after(self, previous: Level) -> Level:
        """What may stand while passes lead from `previous` to this level: what either allows."""
        nothing = Rule(frozenset(), frozenset())
        parts = {
            part: previous.parts.get(part, nothing) | self.parts.get(part, nothing) | self.passing
            for part in {**previous.parts, **self.parts}
        }
        return Level(self.stage, parts, before=(previous.stage,))


def markdown(level: Level) -> str:
    """The specification as a table of a page."""
    rows = ["| where | operations | values |", "|---|---|---|"]
    for part, rule in level.parts.items():
        operations = ", ".join(f"`{name}`" for name in sorted(rule.operations))
        rows.append(f"| {PARTS[part]} | {operations} | {', '.join(sorted(rule.types)) or 'none'} |")
    names = ", ".join(f"`{name}`" for name in sorted(level.attributes))
    page = [*rows, "", f"Attributes: {names}."]
    if level.laid_out:
        page += [
            "",
            "Each tile has a layout, and operands lie as their operations need them.",
        ]
    return "\n".join(page)
