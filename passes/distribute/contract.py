"""vector.contract: operands from shared memory, or read in place by a lone thread; then FMAs."""

from __future__ import annotations

from collections.abc import Callable

from mlir import ir
from mlir.dialects import arith, math, scf

from clawc.passes.distribute.chunks import (
    Chunks,
    chunk_type,
    element_of,
    pack_one,
    regroup,
    scalar_at,
    splat,
    width_of,
)
from clawc.passes.distribute.distributor import Distributor
from clawc.passes.distribute.matrix import matrix_contraction
from clawc.passes.distribute.transfer import read
from clawc.passes.kernel.abi import Size
from clawc.passes.layout.contract import ContractLayouts
from clawc.passes.layout.contraction import contraction_layouts
from clawc.passes.layout.ops import ContractOp, element_bytes, shape_of

Operand = Callable[[Size], Chunks]  # the registers of a step at an offset along k
UNROLLED = 256  # registers of operands; of more, a loop: loads, made early, would spill


def contraction(d: Distributor, op: ir.Operation) -> None:
    what = ContractOp.of(op)
    layouts = contraction_layouts(op, d.chip, d.tiles.layout(op.results[0]))
    chunks = d.tiles.get(what.c)
    if layouts.instruction is not None:
        results = matrix_contraction(d, what, layouts, chunks)
    else:
        results = fma_contraction(d, what, layouts, chunks)
    d.tiles.hold(op.results[0], results)


def fma_contraction(
    d: Distributor, what: ContractOp, layouts: ContractLayouts, chunks: Chunks
) -> Chunks:
    """For each step along k an outer product: the thread's column of A times its row of B."""
    fma = Fma(layouts, chunks)
    if d.kernel.threads == 1:
        a, b = in_place(d, what, layouts)
    else:
        a, b = staged(d, what, layouts)
    steps = what.sizes["k"] // layouts.step_k
    words = (layouts.a.registers + layouts.b.registers) * -(-element_bytes(fma.element) // 4)
    if steps * words <= UNROLLED or d.kernel.threads == 1:
        for step in range(steps):
            chunks = fma.step(chunks, a(step * layouts.step_k), b(step * layouts.step_k))
        return chunks
    constant = d.index.constant
    loop = scf.ForOp(constant(0), constant(what.sizes["k"]), constant(layouts.step_k), chunks)
    with ir.InsertionPoint(loop.body):
        k = loop.induction_variable
        scf.yield_(fma.step(list(loop.inner_iter_args), a(k), b(k)))
    return list(loop.results_)


def staged(d: Distributor, what: ContractOp, layouts: ContractLayouts) -> list[Operand]:
    """Both operands in shared memory: A as it is, B contiguous along n."""
    tiles = (d.staged_tile(what.op, what.a), d.staged_tile(what.op, what.b))
    operands = []
    for tile, dims, names, layout, value in (
        (tiles[0], what.a_dims, "mk", layouts.a, what.a),
        (tiles[1], what.b_dims, "kn", layouts.b, what.b),
    ):
        held = layout.project(what.as_operand(value, dims, names), shape_of(value))
        pitch = tile.strides[dims["k"]] if "k" in dims else 0
        operands.append(
            lambda k, tile=tile, held=held, pitch=pitch: tile.access(
                held, d.index.mul(k, pitch)
            ).read()
        )
    return operands


def in_place(d: Distributor, what: ContractOp, layouts: ContractLayouts) -> list[Operand]:
    """One thread holds both tiles, as the FMAs want them; of A a read is made in scalars."""
    operands = []
    for value, step, chunk in ((what.a, layouts.a, 1), (what.b, layouts.b, None)):
        if value in d.reads:
            registers = read(d, d.reads[value], d.tiles.layout(value), chunk)
        else:
            registers = d.tiles.get(value)
        count = step.registers
        width = 1 if chunk else min(count, d.chip.vector_width)
        operands.append(
            lambda k, all_=registers, count=count, width=width: regroup(
                all_, range(k // layouts.step_k * count, (k // layouts.step_k + 1) * count), width
            )
        )
    return operands


class Fma:
    """accumulator += a b on chunks: a is a splat where a chunk lies in one row of C."""

    def __init__(self, layouts: ContractLayouts, chunks: Chunks) -> None:
        self.element, self.width = element_of(chunks[0].type), width_of(chunks[0])
        places = layouts.c.places()
        self.rows = [tuple(m for m, _ in places[i : i + self.width]) for i in self._starts(places)]
        self.columns = [
            tuple(n for _, n in places[i : i + self.width]) for i in self._starts(places)
        ]
        self.a = {place: r for r, place in enumerate(layouts.a.places())}
        self.b = {place: r for r, place in enumerate(layouts.b.places())}
        self.step_k = layouts.step_k

    def _starts(self, places) -> range:
        return range(0, len(places), self.width)

    def step(self, chunks: Chunks, a: Chunks, b: Chunks) -> Chunks:
        for k in range(self.step_k):
            lefts: dict[tuple[int, ...], ir.Value] = {}
            rights: dict[tuple[int, ...], ir.Value] = {}
            results = []
            for rows, columns, chunk in zip(self.rows, self.columns, chunks, strict=True):
                if rows not in lefts:
                    lefts[rows] = self.left(a, rows, k)
                if columns not in rights:
                    wanted = [self.b[k, n] for n in columns]
                    rights[columns] = self.widened(regroup(b, wanted, self.width)[0])
                results.append(self.fma(lefts[rows], rights[columns], chunk))
            chunks = results
        return chunks

    def left(self, a: Chunks, rows: tuple[int, ...], k: int) -> ir.Value:
        found = {m: self.widened(scalar_at(a, self.a[m, k])) for m in dict.fromkeys(rows)}
        if len(found) == 1:
            return splat(found[rows[0]], len(rows))
        return pack_one([found[m] for m in rows])

    def widened(self, value: ir.Value) -> ir.Value:
        source = element_of(value.type)
        if source == self.element:
            return value
        cast = arith.extf if isinstance(source, ir.FloatType) else arith.extsi
        return cast(chunk_type(self.element, width_of(value)), value)

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        if isinstance(self.element, ir.FloatType):
            return math.fma(a, b, c)
        return arith.addi(arith.muli(a, b), c)
