"""Layouts in the IR: `claw.layout` on the operation that makes a tile.

    %2 = arith.addf %0, %1 {claw.layout = {lane = [[0, 2], [0, 4], [1, 0]], register = [[0, 1]],
                                           warp = [[2, 0]]}} : vector<4x8xf32>

Bit i of the number of a register, a lane or a warp moves an element by the i-th row there; rows of
zeros are broadcasts.  A loop has a list, with an entry for each result, `unit` for a scalar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mlir import ir

from clawc.dialects.claw import StageOp
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.attributes import INSTRUCTION, LAYOUT, STRIDES
from clawc.passes.layout.linear import Bases, Coord, LinearLayout, log2
from clawc.passes.layout.ops import defining, is_tile, shape_of

PARTS = ("register", "lane", "warp")
EXAMPLE = "{lane = [[0, 1], [0, 2]], register = [], warp = [[1, 0]]}"


def to_attribute(layout: LinearLayout) -> ir.DictAttr:
    """The bases of each part; the shape is that of the tile."""
    return ir.DictAttr.get({part: _rows(getattr(layout, part)) for part in PARTS})


def _rows(bases: Sequence[Sequence[int]]) -> ir.ArrayAttr:
    i64 = ir.IntegerType.get_signless(64)
    rows = [ir.ArrayAttr.get([ir.IntegerAttr.get(i64, n) for n in basis]) for basis in bases]
    return ir.ArrayAttr.get(rows)


def _parts(attribute: ir.Attribute) -> dict[str, Bases] | None:
    """The rows of each part; None where the attribute is no layout."""
    if not isinstance(attribute, ir.DictAttr):
        return None
    parts = {named.name: rows for named in attribute if (rows := _bases(named.attr)) is not None}
    return parts if set(parts) == set(PARTS) and len(attribute) == len(PARTS) else None


def _bases(attribute: ir.Attribute) -> Bases | None:
    """The rows of a list of lists of numbers; None where it is something else."""
    if not isinstance(attribute, ir.ArrayAttr):
        return None
    rows = []
    for row in attribute:
        if not isinstance(row, ir.ArrayAttr) or not all(isinstance(n, ir.IntegerAttr) for n in row):
            return None
        rows.append(tuple(ir.IntegerAttr(n).value for n in row))
    return tuple(rows)


def set_layout(op: ir.Operation, layout: LinearLayout) -> None:
    op.attributes[LAYOUT.name] = to_attribute(layout)


def set_layouts(loop: ir.Operation, layouts: Sequence[LinearLayout | None]) -> None:
    """Of the results of a loop, and of what it carries; None for a scalar."""
    entries = [ir.UnitAttr.get() if x is None else to_attribute(x) for x in layouts]
    loop.attributes[LAYOUT.name] = ir.ArrayAttr.get(entries)


def remove_layout(op: ir.Operation) -> None:
    if LAYOUT.name in op.attributes:
        del op.attributes[LAYOUT.name]


@dataclass
class Layouts:
    """What the IR of a kernel says: the layout of each tile.

    Where `lanes` of a warp and `warps` of a workgroup are given, a layout is of so many."""

    lanes: int | None = None
    warps: int | None = None
    _known: dict[ir.Value, LinearLayout | None] = field(default_factory=dict)
    _read: dict[tuple[ir.Attribute, Coord], LinearLayout] = field(default_factory=dict)

    def of(self, value: ir.Value) -> LinearLayout:
        """The layout of a tile.  Raises PassFailure where it has none, or what is none."""
        layout = self.written(value)
        if layout is None:
            raise PassFailure(_place(value)[0], f"has no {LAYOUT.name}; run assign-layouts before")
        return layout

    def written(self, value: ir.Value) -> LinearLayout | None:
        """The same; None where nothing is written."""
        if value not in self._known:
            self._known[value] = self._find(value)
        return self._known[value]

    def _find(self, value: ir.Value) -> LinearLayout | None:
        op, position = _place(value)
        found = op.attributes.get(LAYOUT.name)
        if found is None:
            return None
        if op.name == "scf.for":
            if not isinstance(found, ir.ArrayAttr) or len(found) != len(op.results):
                raise PassFailure(
                    op, f"{LAYOUT.name} of a loop must be a list with an entry for each result"
                )
            found = found[position]
        key = found, shape_of(value)
        if key not in self._read:
            self._read[key] = self._layout(op, *key)
        return self._read[key]

    def _layout(self, op: ir.Operation, attribute: ir.Attribute, shape: Coord) -> LinearLayout:
        parts = _parts(attribute)
        if parts is None:
            raise PassFailure(op, f"{LAYOUT.name} must be such as {EXAMPLE}, not {attribute}")
        for part, count in (("lane", self.lanes), ("warp", self.warps)):
            if count is not None and 1 << len(parts[part]) != count:
                raise PassFailure(
                    op,
                    f"{LAYOUT.name} must have {log2(count)} rows of {part}, "
                    f"as there are {count} of them; got {len(parts[part])}",
                )
        if any(len(basis) != len(shape) for rows in parts.values() for basis in rows):
            raise PassFailure(
                op, f"{LAYOUT.name} must have rows of {len(shape)} numbers, one for each dimension"
            )
        layout = LinearLayout(shape, **parts)
        if not layout.is_partition():
            raise PassFailure(
                op,
                f"{LAYOUT.name} must have each bit of each coordinate in a row of its own, and "
                "zeros in all others, which are of lanes or warps",
            )
        return layout


def _place(value: ir.Value) -> tuple[ir.Operation, int]:
    """The operation that says the layout of a tile, and which of its results it is of."""
    op = defining(value)
    if op is None:
        argument = ir.BlockArgument(value)
        return argument.owner.owner.operation, argument.arg_number - 1
    return op, ir.OpResult(value).result_number


def tile_results(op: ir.Operation) -> list[ir.Value]:
    """The results that threads hold; what is in shared memory they do not."""
    staged = op.name == StageOp.OPERATION_NAME
    return [] if staged else [value for value in op.results if is_tile(value)]


def set_strides(op: ir.Operation, strides: Sequence[Sequence[int]]) -> None:
    """How the tiles of a claw.stage lie in shared memory."""
    op.attributes[STRIDES.name] = _rows(strides)


def strides_of(op: ir.Operation) -> list[list[int]]:
    """The same.  Raises PassFailure where they are none for the tiles."""
    found = op.attributes.get(STRIDES.name)
    rows = None if found is None else _bases(found)
    ranks = [len(shape_of(value)) for value in op.operands]
    if rows is None or [len(row) for row in rows] != ranks:
        raise PassFailure(op, f"{STRIDES.name} must have a list for each tile, such as [[40, 1]]")
    return [list(row) for row in rows]


def written_instruction(op: ir.Operation) -> str | None:
    """What a contraction is said to be made of."""
    found = op.attributes.get(INSTRUCTION.name)
    return None if found is None else ir.StringAttr(found).value


def set_instruction(op: ir.Operation, name: str) -> None:
    op.attributes[INSTRUCTION.name] = ir.StringAttr.get(name)


# What new operations do not take over.
NOTES = (LAYOUT.name, INSTRUCTION.name)
