"""AMD's matrix instructions of a wave: MFMA of CDNA and WMMA of RDNA."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith

from clawc.chips.matrix import MatrixInstruction
from clawc.passes.distribute.chunks import Chunks, chunk_type, regroup
from clawc.passes.distribute.fragments import Operand
from clawc.passes.layout.contract import Runs
from clawc.passes.layout.linear import LinearLayout


class WholeFragments(Operand):
    """Shared memory holds runs along k, so that a thread reads its part in wide accesses."""

    def fragment(self, layout: LinearLayout, runs: Runs, number: int) -> Chunks:
        """One vector; of i16 for bf16."""
        (whole,) = regroup(self.registers(layout, number), range(self.size), self.size)
        if isinstance(self.element, ir.F16Type):
            return [whole]
        i16 = ir.IntegerType.get_signless(16)
        return [arith.bitcast(chunk_type(i16, self.size), whole)]


def wmma(row: MatrixInstruction, a: Chunks, b: Chunks, c: Chunks) -> Chunks:
    return _multiply(row, [*a, *b, *c])


def mfma(row: MatrixInstruction, a: Chunks, b: Chunks, c: Chunks) -> Chunks:
    """The zeros: no broadcast of A, no permutation of B."""
    i32 = ir.IntegerType.get_signless(32)
    zero = arith.constant(i32, 0)
    return _multiply(row, [*a, *b, *c, zero, zero, zero])


def _multiply(row: MatrixInstruction, operands: list[ir.Value]) -> Chunks:
    op = ir.Operation.create(f"rocdl.{row.name}", [operands[2].type], operands)
    return [op.result]
