"""The order of work in a workgroup.

A reduced dimension longer than its tile is walked in chunks, in phases: each phase is one loop that
completes some reductions, computing again from the inputs what they need elementwise."""

from __future__ import annotations

from dataclasses import dataclass, field

from clawc.passes.tile.group import Access, Group, Member, Unsupported


@dataclass
class Phase:
    """A nest of loops over the chunks of `dims`."""

    level: int  # one more than that of the phases it needs
    dims: tuple[int, ...]
    sums: list[Member] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)  # results of the group that have `dims`


class Phases:
    def __init__(self, group: Group, tile: tuple[int, ...]) -> None:
        self.group = group
        sizes = [(d, group.static(d)) for d in group.reduced]
        self.chunked = {d for d, n in sizes if n is None or n > tile[d] or n == 0}

    def is_outer(self, access: Access) -> bool:
        """Whether the tile of a tensor is the same for every chunk."""
        return self.chunked.isdisjoint(access.dims)

    def sums(self, member: Member) -> bool:
        """Whether the result needs all chunks."""
        return not self.chunked.isdisjoint(member.reduces)

    def all(self) -> list[Phase]:
        """In the order in which they run.  Raises `Unsupported`."""
        phases: dict[tuple[int, tuple[int, ...]], Phase] = {}
        levels: dict[Member, int] = {}
        for member in self.group.members:
            level = max((self._level(a, levels) for a in member.operands()), default=0)
            if self.sums(member):
                level += 1
                dims = self._loops(member.domain)
                if not set(dims) <= member.reduces:
                    raise Unsupported("a long reduction leaves another long dimension")
                phases.setdefault((level, dims), Phase(level, dims)).sums.append(member)
            levels[member] = level
        for i, (access, _) in enumerate(self.group.results):
            if not self.is_outer(access):
                key = self._level(access, levels) + 1, self._loops(access.dims)
                phases.setdefault(key, Phase(*key)).writes.append(i)
        return sorted(phases.values(), key=lambda phase: phase.level)

    def _loops(self, dims: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(self.chunked.intersection(dims)))

    def _level(self, access: Access, levels: dict[Member, int]) -> int:
        member = self.group.producers.get(access.value)
        return levels[member] if member else 0
