"""The rules of distribute for control flow, shapes and transfers.  `d` is the Distributor."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import memref, scf

from clawc.dialects.claw import ConvertLayoutOp, StageOp
from clawc.passes.distribute.chunks import Chunks
from clawc.passes.distribute.contract import contraction
from clawc.passes.distribute.distributor import Buffer, Distributor, Rule
from clawc.passes.distribute.free import BUILDERS
from clawc.passes.distribute.gather import gather
from clawc.passes.distribute.reduce import reduction
from clawc.passes.distribute.transfer import transfer_read, transfer_write
from clawc.passes.framework.base import PassFailure
from clawc.passes.kernel.abi import Size
from clawc.passes.layout.encoding import strides_of
from clawc.passes.layout.ops import (
    constant_index,
    is_tile,
    numbers,
    shape_of,
    terminator,
)


def free(d: Distributor, op: ir.Operation) -> None:
    """A constant, a mask, a broadcast."""
    if is_tile(op.results[0]):
        build, layout = BUILDERS[op.name], d.tiles.layout(op.results[0])
        d.tiles.offer(op.results[0], lambda: build(d, op, layout))
    elif isinstance(op.results[0].type, ir.IndexType):
        d.scalars[op.results[0]] = ir.IntegerAttr(op.attributes["value"]).value
    else:
        d.scalars[op.results[0]] = d.index.scalar(op.attributes["value"])


# Memory
def dim(d: Distributor, op: ir.Operation) -> None:
    number = constant_index(op.operands[1])
    if number is None or op.operands[0] not in d.buffers:
        raise PassFailure(op, "expected a constant dimension of a kernel argument")
    d.scalars[op.results[0]] = d.buffers[op.operands[0]].sizes[number]


def collapse_shape(d: Distributor, op: ir.Operation) -> None:
    """The same memory; its sizes multiply."""
    buffer = buffer_of(d, op)
    groups = [list(ir.ArrayAttr(g)) for g in ir.ArrayAttr(op.attributes["reassociation"])]
    merged = [d.index.product([buffer.sizes[ir.IntegerAttr(i).value] for i in g]) for g in groups]
    d.buffers[op.results[0]] = d.row_major(buffer.memory, merged)


def expand_shape(d: Distributor, op: ir.Operation) -> None:
    """A single element as a buffer of rank 1."""
    buffer = buffer_of(d, op)
    if buffer.sizes:
        raise PassFailure(op, "expected to expand a memref of rank 0")
    ones: list[Size] = [1] * ir.MemRefType(op.results[0].type).rank
    d.buffers[op.results[0]] = d.row_major(buffer.memory, ones)


def reinterpret_cast(d: Distributor, op: ir.Operation) -> None:
    """A view of a whole argument under other strides, as of the windows of a convolution."""
    operands = list(op.operands)[1:]

    def mixed(name: str) -> list[Size]:
        dynamic = ir.ShapedType.get_dynamic_size()
        static = numbers(op, name)
        return [d.scalars[operands.pop(0)] if n == dynamic else n for n in static]

    (offset,), sizes, strides = (mixed(f"static_{x}") for x in ("offsets", "sizes", "strides"))
    whole = buffer_of(d, op)
    d.buffers[op.results[0]] = Buffer(whole.memory, whole.count, sizes, strides, offset)


def load(d: Distributor, op: ir.Operation) -> None:
    """One element, the same for all threads."""
    buffer = buffer_of(d, op)
    address = buffer.offset
    for stride, position in zip(buffer.strides, list(op.operands)[1:], strict=True):
        number = constant_index(position)
        at = d.scalars[position] if number is None else number
        address = d.index.add(address, d.index.mul(at, stride))
    d.scalars[op.results[0]] = memref.load(buffer.memory, [d.index.value(address)])


def cast(d: Distributor, op: ir.Operation) -> None:
    d.buffers[op.results[0]] = buffer_of(d, op)


def buffer_of(d: Distributor, op: ir.Operation) -> Buffer:
    if op.operands[0] not in d.buffers:
        raise PassFailure(op, "expected a kernel argument")
    return d.buffers[op.operands[0]]


# Shapes
def transpose(d: Distributor, op: ir.Operation) -> None:
    """No data moves: the same registers under permuted names."""
    d.tiles.offer(op.results[0], lambda: d.tiles.get(op.operands[0]))


def shape_cast(d: Distributor, op: ir.Operation) -> None:
    """Unit dimensions come and go."""
    source, shape = shape_of(op.operands[0]), shape_of(op.results[0])
    if [n for n in source if n > 1] != [n for n in shape if n > 1]:
        raise PassFailure(op, "expected a shape_cast that adds or drops dimensions of size 1")
    transpose(d, op)


def convert_layout(d: Distributor, op: ir.Operation) -> None:
    """Other registers, other threads."""
    source, result = op.operands[0], op.results[0]

    def build() -> Chunks:
        held, wanted = d.tiles.layout(source), d.tiles.layout(result)
        return d.exchange.convert(d.tiles.get(source), held, wanted)

    d.tiles.offer(result, build)


def stage(d: Distributor, op: ir.Operation) -> None:
    """Into shared memory, here."""
    strides = strides_of(op)
    tiles = [
        (d.tiles.get(value), d.tiles.layout(value), steps)
        for value, steps in zip(op.operands, strides, strict=True)
    ]
    d.staged.update(zip(op.results, d.exchange.stage(*tiles), strict=True))


# Control flow
def for_loop(d: Distributor, op: ir.Operation) -> None:
    """A carried tile becomes a carried value for each chunk, in the layout that it has."""
    bounds = [d.scalar(v) for v in list(op.operands)[:3]]
    block = op.regions[0].blocks[0]
    carried = list(block.arguments)[1:]
    layouts = [d.tiles.layout(v) if is_tile(v) else None for v in carried]

    def registers(values: list[ir.Value]) -> list[ir.Value]:
        groups = [d.tiles.get(v) if is_tile(v) else [d.scalar(v)] for v in values]
        return [chunk for group in groups for chunk in group]

    def bind(values: Sequence[ir.Value], chunks: list[ir.Value]) -> None:
        position = 0
        for value, layout in zip(values, layouts, strict=True):
            if layout is None:
                d.scalars[value] = chunks[position]
                position += 1
            else:
                count = layout.registers // d.exchange.chunk(layout)
                d.tiles.hold(value, chunks[position : position + count])
                position += count

    loop = scf.ForOp(bounds[0], bounds[1], bounds[2], registers(list(op.operands)[3:]))
    with ir.InsertionPoint(loop.body):
        d.depth += 1
        d.scalars[block.arguments[0]] = loop.induction_variable
        bind(carried, list(loop.inner_iter_args))
        d.walk(list(block.operations)[:-1])
        scf.yield_(registers(list(terminator(block).operands)))
        d.depth -= 1
    bind(list(op.results), list(loop.results_))


def branch(d: Distributor, op: ir.Operation) -> None:
    """A uniform branch; it has no results."""
    if len(op.results):
        raise PassFailure(op, "expected a branch without results")
    has_else = len(op.regions[1].blocks) > 0
    new = scf.IfOp(d.scalar(op.operands[0]), has_else=has_else)
    for region, target in zip(op.regions, new.regions, strict=True):
        for block in region.blocks:
            with ir.InsertionPoint(target.blocks[0]):
                d.depth += 1
                d.walk(list(block.operations)[:-1])
                scf.yield_([])
                d.depth -= 1


def nothing(d: Distributor, op: ir.Operation) -> None:
    """The end of the function."""


RULES: dict[str, Rule] = {
    **dict.fromkeys(BUILDERS, free),
    "memref.dim": dim,
    "memref.collapse_shape": collapse_shape,
    "memref.expand_shape": expand_shape,
    "memref.reinterpret_cast": reinterpret_cast,
    "memref.load": load,
    "memref.cast": cast,
    "vector.transpose": transpose,
    "vector.shape_cast": shape_cast,
    "vector.transfer_read": transfer_read,
    "vector.transfer_write": transfer_write,
    "vector.gather": gather,
    "vector.contract": contraction,
    "vector.multi_reduction": reduction,
    ConvertLayoutOp.OPERATION_NAME: convert_layout,
    StageOp.OPERATION_NAME: stage,
    "scf.for": for_loop,
    "scf.if": branch,
    "func.return": nothing,
}
