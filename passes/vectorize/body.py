"""The body of a tiled linalg op on whole tiles.

A value has only the loops that it varies over as axes: a factor of a row is computed once a row,
and is repeated where it meets a wider one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mlir import ir
from mlir.dialects import arith, vector

from clawc.passes.ir.body import body_of
from clawc.passes.tile.body import argument_number, is_inside
from clawc.passes.vectorize.gather import Gather, Tables, counting
from clawc.passes.vectorize.values import (
    Size,
    Spread,
    element_of,
    make_mask,
    splat,
    spread,
)

_DIVISIONS = frozenset(
    f"arith.{name}" for name in "divsi divui remsi remui floordivsi ceildivsi ceildivui".split()
)
_KEEP_ZERO = frozenset(
    f"arith.{name}"
    for name in "extf extsi extui truncf trunci sitofp negf addf addi subf subi mulf muli".split()
)


class Body:
    """Evaluates values of one op's body.  `tile[i]` and `bounds[i]` are of loop i."""

    def __init__(
        self,
        op: ir.Operation,
        arguments: dict[int, Spread],
        tile: Sequence[int],
        bounds: Sequence[Size | None],
        outer: Mapping[ir.Value, ir.Value],
        tables: Tables,
    ) -> None:
        """`outer` are the scalars outside of the body, `tables` its tensors."""
        self.block = body_of(op)
        self.tile, self.bounds, self.outer = tile, bounds, outer
        self.arguments, self.tables = arguments, tables
        self.values: dict[ir.Value, Spread] = {}

    def evaluate(self, *wanted: ir.Value) -> list[Spread]:
        needed = self._needed(wanted)
        for op in self.block.operations:
            results = list(op.operation.results)
            if results and any(r in needed and r not in self.values for r in results):
                self._apply(op.operation)
        return [self._value(v) for v in wanted]

    def _needed(self, wanted: Iterable[ir.Value]) -> set[ir.Value]:
        needed, pending = set(), list(wanted)
        while pending:
            value = pending.pop()
            if value not in needed and is_inside(value, self.block):
                needed.add(value)
                pending.extend(value.owner.operands)
        return needed

    def _value(self, value: ir.Value) -> Spread:
        number = argument_number(value, self.block)
        if number is not None:
            return self.arguments[number]
        if is_inside(value, self.block):
            return self.values[value]
        return Spread(self.outer[value])

    def _apply(self, op: ir.Operation) -> None:
        if op.name == "linalg.index":
            self.values[op.results[0]] = self._coordinate(
                ir.IntegerAttr(op.attributes["dim"]).value
            )
            return
        if op.name == "tensor.extract":
            self.values[op.results[0]] = self._element(op)
            return
        operands = [self._value(v) for v in op.operands]
        axes = tuple(sorted({a for v in operands for a in v.axes}))
        values = [spread(v, axes, self.tile) for v in operands]
        if op.name in _DIVISIONS and operands[1].axes:
            values[1] = self.select(Spread(values[1], axes), 1).value
        results = create(op, values, [self.tile[a] for a in axes])
        # An operand without all of the axes is not 0 beyond the bounds of those that it lacks.
        zero = op.name in _KEEP_ZERO and all(v.zero_outside and v.axes == axes for v in operands)
        for old, new in zip(op.results, results, strict=True):
            self.values[old] = Spread(new, axes, zero)

    def _element(self, op: ir.Operation) -> Spread:
        table, *indices = op.operands
        values = tuple(self._value(v) for v in indices)
        gather = Gather(self.tables.memory(table), values, self.tile, self.bounds)
        along = counting(indices[-1], self.block) if indices else None
        start = None if along is None else gather.total([self._value(v) for v in along.start])
        if along is not None and gather.runs_along(along.loop, start):
            self.tables.note("rows")
            return gather.read_rows(start, self._coordinate(along.loop))
        self.tables.note("elements" if gather.axes else "element")
        return gather.read()

    def _coordinate(self, loop: int) -> Spread:
        if self.tile[loop] == 1:
            return Spread(arith.constant(ir.IndexType.get(), 0))
        steps = ir.VectorType.get([self.tile[loop]], ir.IndexType.get())
        return Spread(vector.StepOp(steps).result, (loop,))

    def select(
        self, value: Spread, other: float | int, loops: Iterable[int] | None = None
    ) -> Spread:
        """`value` inside the bounds of `loops` (all of its axes), `other` outside."""
        axes = value.axes
        chosen = axes if loops is None else set(loops)
        shape = [self.tile[a] for a in axes]
        mask = make_mask(shape, [self.bounds[a] if a in chosen else None for a in axes])
        if mask is None:
            return value
        filler = splat(shape, element_of(value.value.type), other)
        return Spread(arith.select(mask, value.value, filler), axes)


def create(op: ir.Operation, operands: Sequence[ir.Value], shape: Sequence[int]) -> list[ir.Value]:
    """`op` on vectors of `shape`, or on scalars."""
    types = [element_of(r.type) for r in op.results]
    if shape:
        types = [ir.VectorType.get(shape, t) for t in types]
    attributes = {name: op.attributes[name] for name in op.attributes}
    new = ir.Operation.create(op.name, types, list(operands), attributes)
    return list(new.results)
