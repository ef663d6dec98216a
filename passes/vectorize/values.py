"""What vectorize knows of a tensor: a window of memory, a tile held as a vector; and how tiles are
read, written, and moved between sets of axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlir import ir
from mlir.dialects import arith, memref, vector

Size = int | ir.Value


@dataclass(frozen=True)
class Window:
    """A part of a memref."""

    memory: ir.Value
    offsets: tuple[Size, ...]
    sizes: tuple[Size, ...]


@dataclass(frozen=True)
class Empty:
    """A tensor of these sizes whose elements nobody reads."""

    sizes: tuple[Size, ...]


@dataclass(frozen=True)
class Tile:
    """A tensor's tile.  `shape` has an entry for each of its dimensions; those above 1 are the
    vector's (a scalar if there are none).  `bounds[i]` is how many elements are there along
    dimension i, None: all of the shape."""

    value: ir.Value
    shape: tuple[int, ...]
    bounds: tuple[Size | None, ...]
    zero_outside: bool = False  # beyond the bounds

    def of_rank(self, rank: int) -> Tile:
        """With dimensions of size 1 in front."""
        more = rank - len(self.shape)
        shape, bounds = (1,) * more + self.shape, (None,) * more + self.bounds
        return replace(self, shape=shape, bounds=bounds)


@dataclass(frozen=True)
class Spread:
    """A value over some of the loops of an op: a vector whose dimensions are `axes`, ascending; a
    scalar without any."""

    value: ir.Value
    axes: tuple[int, ...] = ()
    zero_outside: bool = False


def bounds_of(sizes: Sequence[Size], shape: Sequence[int]) -> tuple[Size | None, ...]:
    """The sizes where they may be less than the shape."""
    return tuple(
        None if n == 1 or isinstance(s, int) and s == n else s
        for s, n in zip(sizes, shape, strict=True)
    )


def add(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if b == 0 or a == 0:
        return a if b == 0 else b
    return arith.addi(index(a), index(b))


def subtract(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a - b
    return a if b == 0 else arith.subi(index(a), index(b))


def element_of(type_: ir.Type) -> ir.Type:
    return ir.VectorType(type_).element_type if isinstance(type_, ir.VectorType) else type_


def index(value: Size) -> ir.Value:
    return arith.constant(ir.IndexType.get(), value) if isinstance(value, int) else value


def scalar_attribute(type_: ir.Type, value: float | int) -> ir.Attribute:
    if isinstance(type_, ir.FloatType):
        return ir.FloatAttr.get(type_, float(value))
    return ir.IntegerAttr.get(type_, int(value))


def splat(shape: Sequence[int], type_: ir.Type, value: float | int) -> ir.Value:
    """A constant; a scalar if there is no shape."""
    attribute = scalar_attribute(type_, value)
    if not shape:
        return arith.constant(type_, attribute)
    kind = ir.VectorType.get(shape, type_)
    return arith.constant(kind, ir.DenseElementsAttr.get_splat(kind, attribute))


def make_mask(shape: Sequence[int], bounds: Sequence[Size | None]) -> ir.Value | None:
    """True inside the bounds; None if there are none."""
    if all(bound is None for bound in bounds):
        return None
    kind = ir.VectorType.get(shape, ir.IntegerType.get_signless(1))
    limits = [n if bound is None else bound for n, bound in zip(shape, bounds, strict=True)]
    return vector.CreateMaskOp(kind, [index(limit) for limit in limits]).result


def cast_shape(value: ir.Value, shape: Sequence[int]) -> ir.Value:
    """Adds or drops dimensions of size 1."""
    if list(ir.VectorType(value.type).shape) == list(shape):
        return value
    kind = ir.VectorType.get(shape, ir.VectorType(value.type).element_type)
    return vector.ShapeCastOp(kind, value).result


def transpose(value: ir.Value, permutation: Sequence[int]) -> ir.Value:
    if list(permutation) == sorted(permutation):
        return value
    made = value.owner
    if not isinstance(made, ir.Block) and made.operation.name == "vector.transpose":
        inner = list(ir.DenseI64ArrayAttr(made.operation.attributes["permutation"]))
        return transpose(made.operation.operands[0], [inner[p] for p in permutation])
    type_ = ir.VectorType(value.type)
    kind = ir.VectorType.get([type_.shape[p] for p in permutation], type_.element_type)
    return vector.TransposeOp(kind, value, list(permutation)).result


def spread(value: Spread, axes: Sequence[int], tile: Sequence[int]) -> ir.Value:
    """`value` repeated along the `axes` that it has not; `tile` holds the size of every loop."""
    missing = [a for a in axes if a not in value.axes]
    if not missing:
        return value.value
    element = element_of(value.value.type)
    if not value.axes:
        kind = ir.VectorType.get([tile[a] for a in axes], element)
        constant = value.value.owner
        if not isinstance(constant, ir.Block) and constant.name == "arith.constant":
            dense = ir.DenseElementsAttr.get_splat(kind, constant.attributes["value"])
            return arith.constant(kind, dense)
        return vector.BroadcastOp(kind, value.value).result
    order = [*missing, *value.axes]
    kind = ir.VectorType.get([tile[a] for a in order], element)
    return transpose(vector.BroadcastOp(kind, value.value).result, [order.index(a) for a in axes])


def over_loops(tile: Tile, loops: Sequence[int]) -> Spread:
    """A tile whose dimensions the loops index."""
    axes = [loop for loop, n in zip(loops, tile.shape, strict=True) if n > 1]
    ordered = sorted(axes)
    value = transpose(tile.value, [axes.index(a) for a in ordered]) if axes else tile.value
    return Spread(value, tuple(ordered), tile.zero_outside)


def to_tile(value: Spread, loops: Sequence[int], tile: Sequence[int], bounds) -> Tile:
    """The tile of a tensor that the loops index."""
    axes = sorted(loop for loop in loops if tile[loop] > 1)
    wanted = [loop for loop in loops if tile[loop] > 1]
    whole = spread(value, axes, tile)
    whole = transpose(whole, [axes.index(a) for a in wanted]) if axes else whole
    return Tile(whole, tuple(tile[loop] for loop in loops), tuple(bounds))


# Memory
def read(window: Window, shape: Sequence[int]) -> Tile:
    """Zero outside the bounds."""
    element = ir.MemRefType(window.memory.type).element_type
    bounds = bounds_of(window.sizes, shape)
    indices = [index(o) for o in window.offsets]
    along = [i for i, n in enumerate(shape) if n > 1]
    if not along:
        loaded = memref.load(window.memory, indices)
        return Tile(loaded, tuple(shape), bounds, zero_outside=True)
    held = [shape[i] for i in along]
    value = vector.TransferReadOp(
        ir.VectorType.get(held, element),
        window.memory,
        indices,
        onto(len(shape), along),
        splat([], element, 0),
        [True] * len(held),
        mask=make_mask(held, [bounds[i] for i in along]),
    ).result
    return Tile(value, tuple(shape), bounds, zero_outside=True)


def write(tile: Tile, window: Window) -> None:
    """A scalar is a tile of one element."""
    if not tile.shape:
        one = ir.MemRefType.get([1], ir.MemRefType(window.memory.type).element_type)
        window = replace(
            window, memory=memref.expand_shape(one, window.memory, [], [], [1]), offsets=(0,)
        )
        tile = replace(tile, shape=(1,), bounds=(None,))
    rank = len(tile.shape)
    along = [i for i, n in enumerate(tile.shape) if n > 1] or [rank - 1]
    held = [tile.shape[i] for i in along]
    value = tile.value
    if not isinstance(value.type, ir.VectorType):
        value = vector.BroadcastOp(ir.VectorType.get(held, value.type), value).result
    vector.TransferWriteOp(
        None,
        value,
        window.memory,
        [index(o) for o in window.offsets],
        onto(rank, along),
        [True] * len(held),
        mask=make_mask(held, [tile.bounds[i] for i in along]),
    )


def onto(rank: int, dims: Sequence[int]) -> ir.AffineMap:
    """The map of a transfer along `dims` of a memref."""
    return ir.AffineMap.get(rank, 0, [ir.AffineExpr.get_dim(d) for d in dims])
