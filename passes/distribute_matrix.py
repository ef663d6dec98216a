"""vector.contract by matrix instructions: fragments from shared memory, one instruction a tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlir import ir
from mlir.dialects import arith, llvm, memref

from clawc.passes.distribute_chunks import (
    Chunks,
    chunk_type,
    element_bytes,
    element_of,
    pack,
    piece,
    regroup,
    scalars,
    width_of,
)
from clawc.passes.distribute_exchange import Staged
from clawc.passes.layout import Coord, LinearLayout
from clawc.passes.layout_contract import ContractLayouts, Runs
from clawc.passes.layout_ops import ContractOp, shape_of
from clawc.targets.mma import Fragment

if TYPE_CHECKING:
    from clawc.passes.distribute import Distributor


def matrix_contraction(
    d: Distributor, what: ContractOp, layouts: ContractLayouts, chunks: Chunks
) -> Chunks:
    """One instruction for each (m, n, k) tile.  The bits of a fragment are the low bits of each
    layout, so that a fragment is a run of registers."""
    row = layouts.instruction
    sources = [d.layouts.of(v) or d.layouts.coalesced(shape_of(v)) for v in (what.a, what.b)]
    tiles = d.exchange.stage(
        (d.tiles.get(what.a, sources[0]), sources[0], None),
        (d.tiles.get(what.b, sources[1]), sources[1], None),
    )
    a = Operand(d, tiles[0], what.a, what.as_operand(what.a, what.a_dims, "mk"), row.a, False)
    b = Operand(d, tiles[1], what.b, what.as_operand(what.b, what.b_dims, "kn"), row.b, True)
    size = 1 << len(row.c.registers)
    values = scalars(chunks)
    results = {
        corner: values[i * size : (i + 1) * size] for corner, i in corners(layouts.c, size).items()
    }
    for k in range(0, what.sizes["k"], row.shape[2]):
        x = {
            m: i for (m, at), i in corners(layouts.a, 1 << len(row.a.registers)).items() if at == k
        }
        y = {
            n: i for (at, n), i in corners(layouts.b, 1 << len(row.b.registers)).items() if at == k
        }
        left = {m: a.fragment(layouts.a, layouts.a_runs, i) for m, i in x.items()}
        right = {n: b.fragment(layouts.b, layouts.b_runs, i) for n, i in y.items()}
        for m, n in results:
            results[m, n] = mma_sync(row, left[m], right[n], results[m, n])
    flat = [value for corner in corners(layouts.c, size) for value in results[corner]]
    return pack(flat, width_of(chunks[0]))


def corners(layout: LinearLayout, size: int) -> dict[Coord, int]:
    """The corner of each fragment that thread 0 holds -> its number."""
    return {place: i for i, place in enumerate(layout.places()[::size])}


class Operand:
    """An operand in shared memory, and how its fragments come out of it."""

    def __init__(
        self, d: Distributor, tile: Staged, value: ir.Value, dims, fragment: Fragment, is_b: bool
    ) -> None:
        self.d, self.tile, self.dims, self.shape = d, tile, dims, shape_of(value)
        self.element = element_of(value.type)
        self.size = 1 << len(fragment.registers)
        self.matrices = fragment.shape[0] * fragment.shape[1] // 64
        self.by_columns = [x for x in dims if x is not None] == [1, 0]
        self.transposed = is_b != self.by_columns  # instructions want runs along k

    def fragment(self, layout: LinearLayout, runs: Runs, number: int) -> list[ir.Value]:
        """Its 32-bit registers, as the instruction wants them: pairs of f16, i32 for bf16."""
        i32 = ir.IntegerType.get_signless(32)
        pair = chunk_type(self.element, 2)
        wanted = pair if isinstance(self.element, ir.F16Type) else i32
        run = runs[self.by_columns]
        if run is not None:
            words = self.load_matrix(run.project(self.dims, self.shape), number)
            return [llvm.bitcast(wanted, word) for word in words]
        held = layout.project(self.dims, self.shape)
        places = [held.places()[number * self.size + i] for i in range(self.size)]
        base = self.d.index.offset(places[0], self.tile.strides)
        part = LinearLayout(
            held.shape, held.register[: self.size.bit_length() - 1], held.lane, held.warp
        )
        chunks = self.tile.access(part, base).read()
        pairs = regroup(chunks, range(self.size), 2)
        return pairs if wanted == pair else [llvm.bitcast(wanted, piece(p, 0, 2)) for p in pairs]

    def load_matrix(self, rows: LinearLayout, number: int) -> list[ir.Value]:
        """ldmatrix: each lane gives the address of a run of 8 elements."""
        index, i32 = self.d.index, ir.IntegerType.get_signless(32)
        access = self.tile.access(rows)
        element = index.add(access.corner, index.offset(rows.places()[number], self.tile.strides))
        offset = index.mul(element, element_bytes(self.element))
        start = index.once(
            ("pointer", self.tile.memory),
            lambda: memref.extract_aligned_pointer_as_index(self.tile.memory),
        )
        address = arith.index_cast(i32, index.value(index.add(start, offset)))
        pointer = llvm.inttoptr(ir.Type.parse("!llvm.ptr<3>"), address)
        words = ", ".join(["i32"] * self.matrices)
        op = ir.Operation.create(
            "nvvm.ldmatrix",
            [ir.Type.parse(f"!llvm.struct<({words})>")],
            [pointer],
            {
                "num": ir.IntegerAttr.get(i32, self.matrices),
                "layout": ir.Attribute.parse(
                    f"#nvvm.mma_layout<{'col' if self.transposed else 'row'}>"
                ),
                "shape": ir.Attribute.parse("#nvvm.ld_st_matrix_shape<m = 8, n = 8>"),
                "eltType": ir.Attribute.parse("#nvvm.ld_st_matrix_elt_type<b16>"),
            },
        )
        return [extract(i32, op.result, i) for i in range(self.matrices)]


def extract(kind: ir.Type, struct: ir.Value, position: int) -> ir.Value:
    return llvm.extractvalue(kind, struct, ir.DenseI64ArrayAttr.get([position]))


def mma_sync(row, a: list[ir.Value], b: list[ir.Value], c: list[ir.Value]) -> list[ir.Value]:
    attribute = ir.Attribute.parse
    operand = attribute(f"#nvvm.mma_type<{row.operand}>")
    m, n, k = row.shape
    op = ir.Operation.create(
        "nvvm.mma.sync",
        [ir.Type.parse("!llvm.struct<(f32, f32, f32, f32)>")],
        [*a, *b, *c],
        {
            "layoutA": attribute("#nvvm.mma_layout<row>"),
            "layoutB": attribute("#nvvm.mma_layout<col>"),
            "shape": attribute(f"#nvvm.shape<m = {m}, n = {n}, k = {k}>"),
            "multiplicandAPtxType": operand,
            "multiplicandBPtxType": operand,
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(a), len(b), len(c)]),
        },
    )
    return [extract(ir.F32Type.get(), op.result, i) for i in range(4)]
