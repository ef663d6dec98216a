"""How a kernel is cut for a chip: a small value, which the attribute `claw.schedule` holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from mlir import ir

from clawc.passes.kernel.attributes import SCHEDULE


class BadSchedule(ValueError):
    """A schedule that cannot be: what is wrong with it, and what would be right."""


@dataclass(frozen=True)
class Schedule:
    """`tile`: elements of a workgroup along each dimension of the kernel (a contraction's are
    batch..., m, n, k; otherwise the parallel dimensions, then the reduced ones); a shorter list is
    of the last dimensions, 1 along the others.  `warps`: of a workgroup; where no lanes shuffle,
    its threads.  `thread`: m x n that a thread holds of a contraction without matrix instructions.
    `order`: the parallel dimensions as the grid counts them, fastest last.  `split`: elements of
    the longest reduced dimension that a workgroup sums up, a kernel after it the parts; 0: all.
    `stages`: steps of a contraction under way at once; 2: the next one is read while one is
    multiplied."""

    tile: tuple[int, ...] = ()
    warps: int = 1
    thread: tuple[int, ...] = ()
    order: tuple[int, ...] = ()
    split: int = 0
    stages: int = 1

    def to_attribute(self) -> ir.DictAttr:
        entries: dict[str, ir.Attribute] = {"tile": _numbers(self.tile)}
        entries["warps"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), self.warps)
        if self.thread:
            entries["thread"] = _numbers(self.thread)
        if self.order != tuple(sorted(self.order)):
            entries["order"] = _numbers(self.order)
        if self.split:
            entries["split"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), self.split)
        if self.stages != 1:
            entries["stages"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), self.stages)
        return ir.DictAttr.get(entries)

    @classmethod
    def from_attribute(cls, attribute: ir.Attribute) -> Schedule:
        """Raises `BadSchedule` where a key is unknown or a value is no number."""
        if not isinstance(attribute, ir.DictAttr):
            raise BadSchedule(f"{SCHEDULE.name} must be a dictionary, e.g. {{tile = [64, 64, 16]}}")
        return cls.from_dict({named.name: _plain(named.attr) for named in attribute})

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Schedule:
        known = [f.name for f in fields(cls)]
        for key in entries:
            if key not in known:
                raise BadSchedule(f"a schedule has no {key!r}; known: {', '.join(known)}")
        values: dict[str, Any] = {}
        for key, value in entries.items():
            one = key in ("warps", "split", "stages")
            items = [value] if one else value
            if not isinstance(items, Sequence) or not all(type(i) is int for i in items):
                raise BadSchedule(f"`{key}` must be {'a number' if one else 'a list of numbers'}")
            values[key] = value if one else tuple(items)
        return cls(**values)

    def fitted(self, rank: int, parallel: int) -> Schedule:
        """With an entry of `tile` and of `order` for each dimension."""
        if rank and not self.tile:
            raise BadSchedule("a schedule needs `tile`, e.g. tile = [64, 64, 16]")
        if len(self.tile) > rank:
            raise BadSchedule(
                f"`tile` has {len(self.tile)} entries, but the kernel has {rank} dimensions"
            )
        order = self.order or tuple(range(parallel))
        if sorted(order) != list(range(parallel)):
            raise BadSchedule(
                f"`order` must hold each of 0..{parallel - 1} once: the parallel dimensions"
            )
        return replace(self, tile=(1,) * (rank - len(self.tile)) + self.tile, order=order)


def _numbers(values: Sequence[int]) -> ir.ArrayAttr:
    i64 = ir.IntegerType.get_signless(64)
    return ir.ArrayAttr.get([ir.IntegerAttr.get(i64, v) for v in values])


def _plain(attribute: ir.Attribute) -> Any:
    if isinstance(attribute, ir.IntegerAttr):
        return attribute.value
    if isinstance(attribute, ir.ArrayAttr):
        return [_plain(a) for a in attribute]
    return str(attribute)
