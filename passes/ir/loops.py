"""What fusion knows about an operation: its loops, and how its operands index them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlir import ir
from mlir.dialects import linalg, tensor

from clawc.passes.ir.body import (
    COMBINING,
    EXTENSIONS,
    PRODUCTS,
    body_of,
    captures,
    obstacle,
    operations_under,
    terminator,
)
from clawc.passes.ir.selection import selection
from clawc.passes.ir.windows import Dim, Padding, as_window, has_windows, loops_of, window_of

VIEWS = (tensor.ExpandShapeOp, tensor.CollapseShapeOp, tensor.CastOp, tensor.ReshapeOp)
_COMBINERS = {*COMBINING, "arith.xori"}  # which `tile` leaves to the generic lane


@dataclass(frozen=True)
class Read:
    """An operand and what indexes each of its dimensions."""

    value: ir.Value
    dims: tuple[Dim, ...]
    argument: int  # of the body
    padding: Padding | None = None  # around `value`; `dims` index both


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
        yield from (value for value in self.captured if is_tensor(value))

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
        operand = op.operands[number]
        if number == n_inputs:
            return uniform(operand)  # written or not, all are the same
        scalar = uniform(operand) if is_tensor(operand) else operand
    return scalar if scalar is not None and _overwritten(op, n_inputs) else None


def _overwritten(op: linalg.GenericOp, number: int) -> bool:
    """Whether each element of output operand `number` is written, by one iteration."""
    maps = [ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"]]
    units = unit_loops(op, maps, maps[0].n_dims)
    dims = _dims(maps[number], units, op.operands[number])
    return _overwrites(dims, [loop for loop in range(maps[0].n_dims) if loop not in units])


def read_op(op: linalg.GenericOp) -> KernelOp:
    """`op` as fusion sees it; "generic", and why, where the vector lane has no form for it."""
    maps = [ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"]]
    parallel = tuple("parallel" in str(a) for a in op.attributes["iterator_types"])
    units = unit_loops(op, maps, len(parallel))
    windows = filter(None, (window_of(e) for m in maps[: len(op.inputs)] for e in m.results))
    units -= {loop for window in windows for loop in window.without(units).loops}
    body = body_of(op)
    arguments = list(body.arguments)
    inner = operations_under(body)
    kernel = KernelOp(op, "generic", parallel, units, captured=captures(inner, arguments))
    reasons = list(filter(None, map(obstacle, inner)))
    if any(is_tensor(value) for value in kernel.captured):
        reasons.append("its body reads a tensor that is none of its operands")
    n_inputs = len(op.inputs)
    for i, (value, map_) in enumerate(zip(op.operands, maps, strict=True)):
        init = i >= n_inputs
        dims = _dims(map_, units, value, windows=not init)
        if init:
            kernel.writes.append(Read(op.results[i - n_inputs], dims or (), i))
        if dims is None:
            reasons.append(_irregular(map_, init))
        if is_tensor(value) and (
            _used(arguments[i]) or (init and not _overwrites(dims, kernel.loops))
        ):
            kernel.reads.append(Read(value, dims or (), i))
    if kernel.has_windows and len({read.value for read in kernel.reads}) < len(kernel.reads):
        reasons.append(_READ_TWICE)
    if reasons:
        kernel.reason = reasons[0]
    else:
        kernel.kind, kernel.reason = _kind(kernel, inner, n_inputs)
    if kernel.kind in ("reduction", "contraction"):  # the inits are fills: nothing is read
        kernel.reads = [read for read in kernel.reads if read.argument < n_inputs]
    kernel.reads = [read for read in kernel.reads if in_memory(read.value)]
    return kernel


def in_memory(value: ir.Value) -> bool:
    """Whether a kernel has to load `value`: it is neither uniform nor without contents."""
    return uniform(value) is None and not is_empty(value)


def is_empty(value: ir.Value) -> bool:
    """Whether `value` has no contents: a tensor.empty, seen through views."""
    while isinstance(op := defining_op(value), VIEWS):
        value = op.operands[0]
    return isinstance(op, tensor.EmptyOp)


def _used(value: ir.Value) -> bool:
    return next(iter(value.uses), None) is not None


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


def _dims(
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


def _overwrites(dims: tuple[Dim, ...] | None, loops: list[int]) -> bool:
    """Whether each element of a result is written, by one iteration."""
    return dims is not None and set(loops) <= set(dims)


def _irregular(map_: ir.AffineMap, written: bool) -> str:
    """Why the operand of a map has no form on vectors."""
    for expr in map_.results:
        if not written and window_of(expr) is None:
            return f"indexes an operand by {expr}; sums of loops and constants have a vector form"
        if written and not isinstance(expr, ir.AffineDimExpr):
            return f"writes its result at {expr}; one loop for each dimension has a vector form"
    return "writes two dimensions of its result by one loop, a diagonal"


_READ_TWICE = "reads a tensor through windows, and otherwise too; a copy of it has a vector form"
_IN_ORDER = "its results take each other's values on the way: iterations run one after the other"
_COUNTS_ONLY = "reduces what is the same everywhere, along a loop that no operand in memory has"
_STARTS_FROM_TENSOR = (
    "reduces into a tensor that has values before; from one value, as of linalg.fill, it has a "
    "vector form"
)
_COMBINES_OTHERWISE = (
    "reduces by a rule of its own; sums, products, maxima, minima, and, or have a vector form, and "
    "the largest or smallest value with its index"
)


def _kind(kernel: KernelOp, inner: list[ir.OpView], n_inputs: int) -> tuple[str, str]:
    """The kind of an op whose maps are projected permutations and whose body is plain; if that is
    "generic", why."""
    reduced = {i for i in kernel.loops if not kernel.parallel[i]}
    written = [set(loops_of(w.dims)) for w in kernel.writes]
    if any(dims != set(kernel.loops) - reduced for dims in written):
        return "generic", _IN_ORDER
    if not reduced:
        return "elementwise", ""
    loaded = {d for read in kernel.reads if in_memory(read.value) for d in loops_of(read.dims)}
    if not reduced <= loaded:  # what is uniform is left out, and with it how often a loop runs
        return "generic", _COUNTS_ONLY
    body, selects = body_of(kernel.op), selection(kernel.op) is not None
    for i, write in enumerate(kernel.writes):
        init = kernel.op.operands[n_inputs + i]
        argument = body.arguments[write.argument]
        if uniform(init) is None:
            return "generic", _STARTS_FROM_TENSOR
        if not selects and not _combines(inner[-1].operands[i], argument, body):
            return "generic", _COMBINES_OTHERWISE
    return ("contraction" if _multiplies(kernel, inner, n_inputs, reduced) else "reduction"), ""


def _combines(value: ir.Value, accumulator: ir.Value, body: ir.Block) -> bool:
    """Whether `value` is a combiner of `accumulator`, its only use, and something else."""
    op = value.owner
    if isinstance(op, ir.Block) or op.name not in _COMBINERS or op.operation.block != body:
        return False
    uses = [use.owner for use in accumulator.uses]
    return len(uses) == 1 and uses[0].operation == op.operation


def _multiplies(kernel: KernelOp, inner: list[ir.OpView], n_inputs: int, reduced: set[int]) -> bool:
    """Whether it adds up products of two operands, each with a parallel loop of its own."""
    inputs = [read for read in kernel.reads if read.argument < n_inputs]
    if len(inputs) != 2 or len(kernel.writes) != 1:
        return False
    left, right = (set(loops_of(read.dims)) for read in inputs)
    if not (reduced <= left & right and left - right and right - left):
        return False
    names = [op.name for op in inner if op.name not in EXTENSIONS]
    return names in (
        ["arith.mulf", "arith.addf", "linalg.yield"],
        ["arith.muli", "arith.addi", "linalg.yield"],
    ) and _factors(inner)


def _factors(inner: list[ir.OpView]) -> bool:
    """Whether the product's factors are the two arguments, at most widened."""
    product = next(op for op in inner if op.name in PRODUCTS)
    numbers = set()
    for value in product.operands:
        while not isinstance(value.owner, ir.Block):
            if value.owner.name not in EXTENSIONS:
                return False
            value = value.owner.operands[0]
        numbers.add(ir.BlockArgument(value).arg_number)
    return numbers == {0, 1}
