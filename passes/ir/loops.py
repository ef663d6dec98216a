"""What fusion knows about an operation: its loops, and how its operands index them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.body import (
    body_of,
    terminator,
)
from clawc.passes.ir.windows import (
    Dim,
    Padding,
    Place,
    as_window,
    has_windows,
    loops_of,
    window_of,
)

VIEWS = (tensor.ExpandShapeOp, tensor.CollapseShapeOp, tensor.CastOp, tensor.ReshapeOp)


@dataclass(frozen=True)
class Read:
    """An operand and what indexes each of its dimensions."""

    value: ir.Value
    dims: tuple[Dim, ...]
    argument: int  # of the body
    padding: Padding | None = None  # around `value`; `dims` index both
    places: tuple[Place | None, ...] = ()  # of an element that the body reads by itself


@dataclass(eq=False)
class KernelOp:
    """A `linalg.generic` (or fill) as fusion sees it."""

    op: ir.OpView
    kind: str  # "contraction", "reduction", "elementwise" or "generic"
    parallel: tuple[bool, ...]  # of each loop
    units: frozenset[int]  # loops that run once; no `Read` names them
    reads: list[Read] = field(default_factory=list)
    writes: list[Read] = field(default_factory=list)  # results, by the maps of the inits
    captured: list[ir.Value] = field(default_factory=list)  # used by the body, defined outside
    reason: str = ""  # why it is generic, for who wrote the program

    @property
    def tensors(self) -> Iterator[ir.Value]:
        """Every tensor that it reads."""
        yield from (read.value for read in self.reads)
        yield from self.tables

    @property
    def tables(self) -> list[ir.Value]:
        """The tensors whose elements its body reads by computed indices."""
        return [value for value in self.captured if is_tensor(value)]

    @property
    def loops(self) -> list[int]:
        return [loop for loop in range(len(self.parallel)) if loop not in self.units]

    @property
    def has_windows(self) -> bool:
        return any(has_windows(read.dims) for read in self.reads)


def is_tensor(value: ir.Value) -> bool:
    return isinstance(value.type, ir.RankedTensorType)


def shape_of(value: ir.Value) -> list[int]:
    """The sizes, -1 where dynamic."""
    type_ = ir.ShapedType(value.type)
    return [-1 if type_.is_dynamic_dim(i) else type_.get_dim_size(i) for i in range(type_.rank)]


def defining_op(value: ir.Value) -> ir.OpView | None:
    owner = value.owner
    return None if isinstance(owner, ir.Block) else owner.opview


def uniform(value: ir.Value) -> ir.Attribute | ir.Value | None:
    """The scalar that every element of `value` is: of a fill or splat, seen through views."""
    while (op := defining_op(value)) is not None:
        if isinstance(op, VIEWS):
            value = op.operands[0]
        elif isinstance(op, linalg.FillOp):
            return op.operands[0]
        elif op.name == "arith.constant":
            dense = op.attributes["value"]
            if isinstance(dense, ir.DenseElementsAttr) and dense.is_splat:
                return dense.get_splat_value()
            return None
        elif isinstance(op, linalg.GenericOp):
            return _filled(op)
        else:
            return None
    return None


def _filled(op: linalg.GenericOp) -> ir.Attribute | ir.Value | None:
    """The scalar of a generic whose body does nothing but yield it, to every element."""
    body, n_inputs = body_of(op), len(op.inputs)
    if len(op.results) > 1 or not len(body.operations):  # one whose body a kernel has taken
        return None
    yielded = terminator(body).operands[0]
    scalar: ir.Attribute | ir.Value | None = yielded
    if not isinstance(yielded.owner, ir.Block):
        if yielded.owner.operation.block == body:
            return None
    elif yielded.owner == body:
        number = ir.BlockArgument(yielded).arg_number
        if number >= len(op.operands):
            return None  # an element that the body reads by itself
        operand = op.operands[number]
        if number == n_inputs:
            return uniform(operand)  # written or not, all are the same
        scalar = uniform(operand) if is_tensor(operand) else operand
    return scalar if scalar is not None and _overwritten(op, n_inputs) else None


def _overwritten(op: linalg.GenericOp, number: int) -> bool:
    """Whether each element of output operand `number` is written, by one iteration."""
    maps = [ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"]]
    units = unit_loops(op, maps, maps[0].n_dims)
    dims = dims_of(maps[number], units, op.operands[number])
    return overwrites(dims, [loop for loop in range(maps[0].n_dims) if loop not in units])


def in_memory(value: ir.Value) -> bool:
    """Whether a kernel has to load `value`: it is neither uniform nor without contents."""
    return uniform(value) is None and not is_empty(value)


def is_empty(value: ir.Value) -> bool:
    """Whether `value` has no contents: a tensor.empty, seen through views."""
    while isinstance(op := defining_op(value), VIEWS):
        value = op.operands[0]
    return isinstance(op, tensor.EmptyOp)


def unit_loops(op: linalg.GenericOp, maps: list[ir.AffineMap], n: int) -> frozenset[int]:
    """Loops that run once by every operand's static shape."""
    once: dict[int, bool] = {}
    for value, map_ in zip(op.operands, maps, strict=True):
        if not is_tensor(value):
            continue
        for size, expr in zip(shape_of(value), map_.results, strict=True):
            if isinstance(expr, ir.AffineDimExpr):
                loop = ir.AffineDimExpr(expr).position
                once[loop] = once.get(loop, True) and size == 1
    return frozenset(loop for loop in range(n) if once.get(loop, False))


def dims_of(
    map_: ir.AffineMap, units: frozenset[int], value: ir.Value, windows: bool = False
) -> tuple[Dim, ...] | None:
    """What indexes each dimension of `value`; None where that is irregular."""
    dims: list[Dim] = []
    for dim, expr in enumerate(map_.results):
        if isinstance(expr, ir.AffineDimExpr):
            loop = ir.AffineDimExpr(expr).position
            dims.append(None if loop in units else loop)
        elif isinstance(expr, ir.AffineConstantExpr) and shape_of(value)[dim] == 1:
            dims.append(None)
        elif windows and (window := window_of(expr)) is not None:
            dims.append(window.without(units))
        else:
            return None
    named = list(loops_of(dims))
    if len(set(named)) == len(named):
        return tuple(dims)
    return tuple(map(as_window, dims)) if windows else None


def overwrites(dims: tuple[Dim, ...] | None, loops: list[int]) -> bool:
    """Whether each element of a result is written, by one iteration."""
    return dims is not None and set(loops) <= set(dims)
