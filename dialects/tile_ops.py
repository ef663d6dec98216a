"""Operations on tiles, the vectors of a workgroup that its threads hold: what passes write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlir import ir

from clawc.dialects.claw_op import CLAW
from clawc.dialects.ext import Op, Operand, Result


class TileOp(Op, dialect=CLAW):
    """No operation of programs: it stands in kernels only, once they have tiles."""

    base: ClassVar[type[ir.Type]] = ir.VectorType


class StageOp(TileOp, name="stage"):
    """Both factors of a product in shared memory: `claw.strides` says how each lies there.

    %1:2 = claw.stage %a, %b {claw.strides = [[40, 1], [72, 1]]}
             : (vector<64x32xf16>, vector<32x64xf16>) -> (vector<64x32xf16>, vector<32x64xf16>)
    """

    a: Operand
    b: Operand
    staged_a: Result
    staged_b: Result

    def invariants(self) -> Iterator[str]:
        if (self.a.type, self.b.type) != (self.staged_a.type, self.staged_b.type):
            yield "must have a result of its type for each factor"


class ConvertLayoutOp(TileOp, name="convert_layout"):
    """The same tile, held by other threads and registers: `claw.layout` says by which.

    %1 = claw.convert_layout %0 {claw.layout = {lane = ..., register = ..., warp = ...}}
           : (vector<64x64xf32>) -> vector<64x64xf32>
    """

    input: Operand
    out: Result

    def invariants(self) -> Iterator[str]:
        if self.input.type != self.out.type:
            yield f"must not change the type: got {self.input.type} and {self.out.type}"
