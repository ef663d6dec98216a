"""How fusion reads a generic: what it reads and writes, by which loops, and which kind it is."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import linalg

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
from clawc.passes.ir.loops import (
    KernelOp,
    Read,
    dims_of,
    in_memory,
    is_tensor,
    overwrites,
    uniform,
    unit_loops,
)
from clawc.passes.ir.selection import selection
from clawc.passes.ir.windows import loops_of, window_of

_TAKEN_OUT = ("tensor.extract", "scf.if", "scf.yield")
_COMBINERS = {*COMBINING, "arith.xori"}  # which `tile` leaves to the generic lane


def read_op(op: linalg.GenericOp, elements: Sequence[Read] | None = None) -> KernelOp:
    """`op` as fusion sees it; "generic", and why, where the vector lane has no form for it.

    With `elements`, those that the body reads by itself, which follow its operands: as it is after
    they became arguments, and branches selections."""
    maps = [ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"]]
    parallel = tuple("parallel" in str(a) for a in op.attributes["iterator_types"])
    units = unit_loops(op, maps, len(parallel))
    windows = filter(None, (window_of(e) for m in maps[: len(op.inputs)] for e in m.results))
    units -= {loop for window in windows for loop in window.without(units).loops}
    body = body_of(op)
    arguments = list(body.arguments)
    inner = operations_under(body)
    if elements is not None:
        inner = [
            each for each in inner if each.name not in ("tensor.extract", "scf.if", "scf.yield")
        ]
    kernel = KernelOp(op, "generic", parallel, units, captured=captures(inner, arguments))
    reasons = list(filter(None, map(obstacle, inner)))
    n_inputs = len(op.inputs)
    for i, (value, map_) in enumerate(zip(op.operands, maps, strict=True)):
        init = i >= n_inputs
        dims = dims_of(map_, units, value, windows=not init)
        if init:
            kernel.writes.append(Read(op.results[i - n_inputs], dims or (), i))
        if dims is None:
            reasons.append(_irregular(map_, init))
        if is_tensor(value) and (
            _used(arguments[i]) or (init and not overwrites(dims, kernel.loops))
        ):
            kernel.reads.append(Read(value, dims or (), i))
    kernel.reads += elements or ()
    if kernel.has_windows and len({read.value for read in kernel.reads}) < len(kernel.reads):
        reasons.append(_READ_TWICE)
    if reasons:
        kernel.reason = reasons[0]
    else:
        kernel.kind, kernel.reason = _kind(kernel, inner, n_inputs)
        if kernel.tables and kernel.kind != "elementwise":
            kernel.kind, kernel.reason = "generic", kernel.reason or _REDUCES_ELEMENTS
    if kernel.kind in ("reduction", "contraction"):  # the inits are fills: nothing is read
        inits = range(n_inputs, len(op.operands))
        kernel.reads = [read for read in kernel.reads if read.argument not in inits]
    kernel.reads = [read for read in kernel.reads if in_memory(read.value)]
    return kernel


def _used(value: ir.Value) -> bool:
    return next(iter(value.uses), None) is not None


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
_REDUCES_ELEMENTS = (
    "reduces what its body reads by computed indices; 'tensor.extract' in an operation of its own, "
    "before the sum, has a vector form"
)
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
        if not selects and not _combines(terminator(body).operands[i], argument, body):
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
