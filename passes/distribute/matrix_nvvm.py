"""NVIDIA's matrix instructions of a warp: ldmatrix, and mma.sync."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, llvm, memref

from clawc.chips.matrix import Fragment, MatrixInstruction
from clawc.passes.distribute.chunks import Chunks, chunk_type, piece, regroup
from clawc.passes.distribute.fragments import Dims, Operand
from clawc.passes.layout.contract import Runs
from clawc.passes.layout.linear import LinearLayout
from clawc.passes.layout.ops import element_bytes


class MatrixLoads(Operand):
    """Fragments by ldmatrix where it can, as it can transpose on the way."""

    def __init__(
        self, d, tile, value: ir.Value, dims: Dims, fragment: Fragment, is_b: bool
    ) -> None:
        super().__init__(d, tile, value, dims, fragment)
        self.matrices = fragment.shape[0] * fragment.shape[1] // 64
        self.by_columns = [x for x in dims if x is not None] == [1, 0]
        self.transposed = is_b != self.by_columns  # instructions want runs along k

    def fragment(self, layout: LinearLayout, runs: Runs, number: int) -> Chunks:
        """Its 32-bit registers: pairs of f16, i32 for bf16."""
        i32 = ir.IntegerType.get_signless(32)
        pair = chunk_type(self.element, 2)
        wanted = pair if isinstance(self.element, ir.F16Type) else i32
        run = runs[self.by_columns]
        if run is not None:
            words = self.load_matrix(run.project(self.dims, self.shape), number)
            return [llvm.bitcast(wanted, word) for word in words]
        pairs = regroup(self.registers(layout, number), range(self.size), 2)
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


def mma_sync(row: MatrixInstruction, a: Chunks, b: Chunks, c: Chunks) -> Chunks:
    """The accumulators are scalars."""
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
