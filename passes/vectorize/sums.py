"""Reductions and contractions of tiles, at once or carried through a loop."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import vector

from clawc.passes.ir.neutral import neutral
from clawc.passes.tile.body import Accumulation, Contraction, accumulation, contraction
from clawc.passes.vectorize.body import Body, create
from clawc.passes.vectorize.op import TiledOp
from clawc.passes.vectorize.values import (
    Spread,
    Tile,
    cast_shape,
    element_of,
    over_loops,
    splat,
    spread,
    to_tile,
    transpose,
)


class Sum:
    """How result `number` of a reducing op accumulates: `enter` with the initial tile, `add` tiles,
    `leave` with the result; or all of it `at_once`."""

    def __init__(self, op: TiledOp, number: int) -> None:
        self.op, self.number = op, number
        found = accumulation(op.op, op.inputs + number, number)
        assert found is not None, "tile lets only known accumulations pass"
        self.how: Accumulation = found
        self.loops = op.maps[op.inputs + number]
        self.kept = tuple(sorted(a for a in self.loops if op.tile[a] > 1))
        self.reduced = tuple(a for a in op.reduced if op.tile[a] > 1)

    def combine(self, left: ir.Value, right: ir.Value, axes) -> ir.Value:
        return create(self.how.op, [left, right], [self.op.tile[a] for a in axes])[0]

    def initial(self, tile: Tile) -> ir.Value:
        value = over_loops(tile, self.loops)
        if self.how.extension is None:
            return value.value
        return create(self.how.extension, [value.value], [self.op.tile[a] for a in value.axes])[0]

    def result(self, value: ir.Value, bounds) -> Tile:
        if self.how.truncation is not None:
            value = create(self.how.truncation, [value], [self.op.tile[a] for a in self.kept])[0]
        return to_tile(Spread(value, self.kept), self.loops, self.op.tile, bounds)


class Reduction(Sum):
    """Carries a tile of partial results, reduced once at the end."""

    def enter(self, tile: Tile) -> ir.Value:
        self.init = self.initial(tile)
        return self.start() if self.reduced else self.init

    @property
    def rounds(self) -> bool:
        """Whether it errs more, the more terms follow each other."""
        return self.how.kind == "add" and isinstance(self._element(), ir.FloatType)

    def start(self) -> ir.Value:
        """Partial results of nothing."""
        element = self._element()
        shape = [self.op.tile[a] for a in self._axes()]
        return splat(shape, element, neutral(self.how.kind, element))

    def _element(self) -> ir.Type:
        return self.how.op.results[0].type

    def add(self, carried: ir.Value, body: Body) -> ir.Value:
        return self.combine(carried, self._values(body), self._axes())

    def leave(self, carried: ir.Value, bounds) -> Tile:
        total = self._reduce(carried, self.init) if self.reduced else carried
        return self.result(total, bounds)

    def at_once(self, tile: Tile, body: Body) -> Tile:
        init, values = self.initial(tile), self._values(body)
        reduce = self._reduce if self.reduced else lambda v, acc: self.combine(acc, v, self.kept)
        return self.result(reduce(values, init), tile.bounds)

    def _axes(self) -> tuple[int, ...]:
        return tuple(sorted(self.kept + self.reduced))

    def _values(self, body: Body) -> ir.Value:
        """What is summed, neutral outside the bounds."""
        (value,) = body.evaluate(self.how.value)
        axes = self._axes()
        whole = Spread(spread(value, axes, self.op.tile), axes)
        filler = neutral(self.how.kind, element_of(whole.value.type))
        if filler == 0 and value.zero_outside and set(self.reduced) <= set(value.axes):
            return whole.value
        return body.select(whole, filler, self.reduced).value

    def _reduce(self, value: ir.Value, acc: ir.Value) -> ir.Value:
        axes = self._axes()
        kind = ir.Attribute.parse(f"#vector.kind<{self.how.kind}>")
        dims = [axes.index(a) for a in self.reduced]
        return vector.MultiDimReductionOp(kind, value, acc, dims).result


class MatrixSum(Sum):
    """A contraction: carries its result."""

    def __init__(self, op: TiledOp, form: Contraction) -> None:
        super().__init__(op, 0)
        self.form = form
        self.m, self.n, self.k = (self._main(role) for role in (form.m, form.n, form.k))

    def _main(self, role: tuple[int, ...]) -> int:
        return next((loop for loop in role if self.op.tile[loop] > 1), role[-1])

    def enter(self, tile: Tile) -> ir.Value:
        return self._matrix(Spread(self.initial(tile), self.kept), self.m, self.n)

    def add(self, carried: ir.Value, body: Body) -> ir.Value:
        factors = [self.form.lhs, self.form.rhs]
        narrow = [_narrow(f) for f in factors]
        if narrow[0] and narrow[1] and narrow[0][1:] == narrow[1][1:]:
            factors = [narrow[0][0], narrow[1][0]]
        lhs, rhs = (
            v if v.zero_outside else body.select(v, 0, [self.k]) for v in body.evaluate(*factors)
        )
        d = [ir.AffineExpr.get_dim(i) for i in range(3)]
        maps = [ir.AffineMap.get(3, 0, [d[i], d[j]]) for i, j in ((0, 2), (2, 1), (0, 1))]
        kinds = ("parallel", "parallel", "reduction")
        return vector.ContractionOp(
            carried.type,
            self._matrix(lhs, self.m, self.k),
            self._matrix(rhs, self.k, self.n),
            carried,
            ir.ArrayAttr.get([ir.AffineMapAttr.get(m) for m in maps]),
            ir.ArrayAttr.get([ir.Attribute.parse(f"#vector.iterator_type<{k}>") for k in kinds]),
            kind=ir.Attribute.parse("#vector.kind<add>"),
        ).result

    def leave(self, carried: ir.Value, bounds) -> Tile:
        value = transpose(carried, [0, 1] if self.m < self.n else [1, 0])
        shape = [n for n in ir.VectorType(value.type).shape if n > 1]
        return self.result(cast_shape(value, shape), bounds)

    def at_once(self, tile: Tile, body: Body) -> Tile:
        return self.leave(self.add(self.enter(tile), body), tile.bounds)

    def _matrix(self, value: Spread, row: int, column: int) -> ir.Value:
        """A value over two loops as rows x columns."""
        tile = self.op.tile
        wanted = [a for a in (row, column) if tile[a] > 1]
        whole = spread(value, sorted(wanted), tile)
        shape = [tile[row], tile[column]]
        if not wanted:
            return vector.BroadcastOp(ir.VectorType.get(shape, whole.type), whole).result
        return cast_shape(transpose(whole, [sorted(wanted).index(a) for a in wanted]), shape)


def _narrow(value: ir.Value):
    """What `value` extends, how, and from which type."""
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.name not in ("arith.extf", "arith.extsi"):
        return None
    return owner.operands[0], owner.name, owner.operands[0].type


def sum_of(op: TiledOp, number: int) -> Reduction | MatrixSum:
    form = contraction(op.op, op.inputs, op.maps, range(len(op.tile)), op.reduced)
    rows_or_columns = form and any(op.tile[loop] > 1 for loop in (*form.m, *form.n))
    return MatrixSum(op, form) if form and rows_or_columns else Reduction(op, number)
