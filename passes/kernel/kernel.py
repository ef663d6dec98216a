"""A kernel in the IR and what its attributes say: the one place that reads and writes them.

    for kernel in kernels_of(module, "vector"):    # the func.funcs that are such kernels
        kernel.set_schedule(schedule)
    if (kernel := Kernel.of(op)) is None: ...      # a function of the host
    Kernel(gpu_func).access                        # of any form: gpu.func, llvm.func, spirv.func

The attributes, with what they mean, are in `attributes.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mlir import ir

from clawc.passes.kernel.attributes import (
    ACCESS,
    CLAMPS,
    DYNAMIC_SHARED,
    ENTRY,
    GATHERS,
    GRID,
    GRID_SYMBOLS,
    KEPT,
    KERNEL,
    KIND,
    LANE,
    PADDING,
    REASON,
    ROWS,
    SCHEDULE,
    STORED,
    TILE,
    TYPE,
    Attribute,
)
from clawc.passes.kernel.schedule import Schedule

Lane = Literal["vector", "generic"]


@dataclass(frozen=True)
class Kernel:
    """An operation that is a kernel at some level: its function, its `gpu.func`, or its code."""

    op: ir.Operation

    @classmethod
    def of(cls, op: ir.OpView | ir.Operation) -> Kernel | None:
        """The kernel that a func.func or gpu.func is; None for what else there is in a module."""
        op = op.operation
        marked = op.name == "func.func" and KERNEL.name in op.attributes
        return cls(op) if marked or op.name == "gpu.func" else None

    @property
    def name(self) -> str:
        return ir.StringAttr(self.op.attributes["sym_name"]).value

    @property
    def lane(self) -> str | None:
        return self._text(LANE)

    @property
    def kind(self) -> str | None:
        return self._text(KIND)

    @property
    def reason(self) -> str | None:
        """Why it is in the generic lane."""
        return self._text(REASON)

    @property
    def schedule(self) -> Schedule | None:
        """Raises `BadSchedule` where it is none."""
        return schedule_of(self.op)

    @property
    def access(self) -> list[str] | None:
        """For each buffer "read", "write" or "readwrite"; None where nobody has looked."""
        if ACCESS.name not in self.op.attributes:
            return None
        return [ir.StringAttr(a).value for a in ir.ArrayAttr(self.op.attributes[ACCESS.name])]

    @property
    def grid(self) -> ir.AffineMap:
        """The workgroups along each dimension, from `grid_symbols`."""
        return ir.AffineMapAttr(self.op.attributes[GRID.name]).value

    @property
    def grid_symbols(self) -> list[tuple[int, int]]:
        """(argument, dimension) of each symbol; dimension -1 is the argument itself."""
        if GRID_SYMBOLS.name not in self.op.attributes:
            return []
        flat = list(ir.DenseI64ArrayAttr(self.op.attributes[GRID_SYMBOLS.name]))
        return list(zip(flat[::2], flat[1::2], strict=True))

    @property
    def entry(self) -> str | None:
        """Of a function of the host target: the kernel whose workgroup it runs."""
        return self._text(ENTRY)

    @property
    def has_dynamic_shared(self) -> bool:
        return DYNAMIC_SHARED.name in self.op.attributes

    def number(self, row: Attribute) -> int | None:
        """What an attribute that is a number says."""
        found = self.op.attributes.get(row.name)
        return None if found is None else ir.IntegerAttr(found).value

    def _text(self, row: Attribute) -> str | None:
        found = self.op.attributes.get(row.name)
        return None if found is None else ir.StringAttr(found).value

    # Writing
    def mark(self, kind: str, reason: str = "") -> None:
        """Make a function a kernel: of the vector lane, or of the generic one, for a `reason`."""
        self.op.attributes[KERNEL.name] = ir.UnitAttr.get()
        self.op.attributes[KIND.name] = ir.StringAttr.get(kind)
        self.op.attributes[LANE.name] = ir.StringAttr.get("vector")
        if kind == "generic":
            self.move_to_generic(reason)

    def move_to_generic(self, reason: str) -> None:
        """Into the generic lane; `reason` is for who wrote the program."""
        if not reason:
            raise ValueError(f"kernel {self.name} goes to the generic lane for no reason")
        self.op.attributes[LANE.name] = ir.StringAttr.get("generic")
        self.op.attributes[REASON.name] = ir.StringAttr.get(reason)

    def set_schedule(self, schedule: Schedule) -> None:
        self.op.attributes[SCHEDULE.name] = schedule.to_attribute()

    def set_grid(self, counts: ir.AffineMap, symbols: Sequence[tuple[int, int]]) -> None:
        flat = [n for pair in symbols for n in pair]
        self.op.attributes[GRID.name] = ir.AffineMapAttr.get(counts)
        self.op.attributes[GRID_SYMBOLS.name] = ir.DenseI64ArrayAttr.get(flat)

    def set_access(self, access: Sequence[str]) -> None:
        self.op.attributes[ACCESS.name] = ir.ArrayAttr.get([ir.StringAttr.get(a) for a in access])

    def set_gathers(self, ways: Sequence[str]) -> None:
        """Say how elements are read by computed indices, if any are."""
        if ways:
            found = ir.ArrayAttr.get([ir.StringAttr.get(way) for way in ways])
            self.op.attributes[GATHERS.name] = found

    def set_entry(self, name: str) -> None:
        self.op.attributes[ENTRY.name] = ir.StringAttr.get(name)

    def set_number(self, row: Attribute, value: int) -> None:
        i64 = ir.IntegerType.get_signless(64)
        self.op.attributes[row.name] = ir.IntegerAttr.get(i64, value)

    def inherit(self, function: ir.OpView | ir.Operation) -> None:
        """What the gpu.func of a kernel takes over from its function."""
        for row in KEPT:
            if row.name in function.operation.attributes:
                self.op.attributes[row.name] = function.operation.attributes[row.name]


def kernels_of(module: ir.Module, lane: Lane | None = None) -> list[Kernel]:
    """The kernel functions of a module, all or those of a lane, in order."""
    found = [
        kernel
        for op in module.body.operations
        if op.operation.name == "func.func" and (kernel := Kernel.of(op)) is not None
    ]
    return [kernel for kernel in found if lane in (None, kernel.lane)]


# What stands on other operations
def schedule_of(op: ir.Operation) -> Schedule | None:
    """The schedule that stands on an operation; raises `BadSchedule` where it is none."""
    found = op.attributes.get(SCHEDULE.name)
    return None if found is None else Schedule.from_attribute(found)


def has_schedule(op: ir.Operation) -> bool:
    """Whether one stands on it, right or wrong."""
    return SCHEDULE.name in op.attributes


def hand_schedule_on(source: ir.Operation, to: ir.Operation) -> None:
    """Write on `to` the schedule that `source` has, as it is, if it has one."""
    if SCHEDULE.name in source.attributes:
        to.attributes[SCHEDULE.name] = source.attributes[SCHEDULE.name]


def clamps_of(op: ir.OpView | ir.Operation) -> int:
    """The operations in a body that keep its indices in range."""
    found = op.operation.attributes.get(CLAMPS.name)
    return 0 if found is None else ir.IntegerAttr(found).value


def count_clamps(op: ir.OpView | ir.Operation, more: int) -> None:
    """Say that so `more` of them are in the body of `op`, or in the kernel that it is."""
    if more:
        total = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), clamps_of(op) + more)
        op.operation.attributes[CLAMPS.name] = total


def tile_of(op: ir.Operation) -> tuple[int, ...]:
    """The elements of a tiled operation's vectors along each loop."""
    return tuple(ir.DenseI64ArrayAttr(op.attributes[TILE.name]))


def set_tile(op: ir.Operation, sizes: Sequence[int]) -> None:
    op.attributes[TILE.name] = ir.DenseI64ArrayAttr.get(list(sizes))


def in_rows(gather: ir.Operation) -> bool:
    """Whether the places of a gather count up along its last dimension."""
    return ROWS.name in gather.attributes


def set_rows(gather: ir.OpView) -> None:
    gather.operation.attributes[ROWS.name] = ir.UnitAttr.get()


def padding_of(op: ir.OpView) -> tuple[list[int], list[int]] | None:
    """What a generic that pads has before and behind its source, along each dimension."""
    if PADDING.name not in op.attributes:
        return None
    around = list(ir.DenseI64ArrayAttr(op.attributes[PADDING.name]))
    return around[: len(around) // 2], around[len(around) // 2 :]


def set_padding(op: ir.Operation, low: Sequence[int], high: Sequence[int]) -> None:
    op.attributes[PADDING.name] = ir.DenseI64ArrayAttr.get([*low, *high])


def is_stored(op: ir.OpView) -> bool:
    """Whether the result of an operation has to be in memory, though it is the same everywhere."""
    return STORED.name in op.attributes


def set_stored(op: ir.OpView) -> None:
    op.attributes[STORED.name] = ir.UnitAttr.get()


def seen_type(notes: ir.DictAttr) -> ir.Type | None:
    """The element type that callers see, from the attributes of an argument or a result."""
    return ir.TypeAttr(notes[TYPE.name]).value if TYPE.name in notes else None


def with_seen_type(notes: ir.DictAttr, element: ir.Type) -> ir.DictAttr:
    named = {note.name: note.attr for note in notes}
    return ir.DictAttr.get({**named, TYPE.name: ir.TypeAttr.get(element)})
