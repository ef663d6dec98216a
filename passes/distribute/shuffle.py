"""The value that another lane holds.  Shuffles move 32 bits: other types travel in such parts."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, gpu


def partner(scalar: ir.Value, bit: int, lanes: int) -> ir.Value:
    """`scalar` of the lane whose number differs in `bit`."""
    kind = scalar.type
    if isinstance(kind, ir.F32Type):
        return _shuffle(scalar, bit, lanes)
    if isinstance(kind, ir.IndexType):
        i64 = ir.IntegerType.get_signless(64)
        return arith.index_cast(kind, partner(arith.index_cast(i64, scalar), bit, lanes))
    if isinstance(kind, ir.FloatType):
        integer = ir.IntegerType.get_signless(kind.width)
        return arith.bitcast(kind, partner(arith.bitcast(integer, scalar), bit, lanes))
    i32, width = ir.IntegerType.get_signless(32), ir.IntegerType(kind).width
    if width == 32:
        return _shuffle(scalar, bit, lanes)
    if width < 32:
        return arith.trunci(kind, _shuffle(arith.extui(i32, scalar), bit, lanes))
    half = arith.constant(kind, 32)
    low = _shuffle(arith.trunci(i32, scalar), bit, lanes)
    high = _shuffle(arith.trunci(i32, arith.shrui(scalar, half)), bit, lanes)
    return arith.ori(arith.extui(kind, low), arith.shli(arith.extui(kind, high), half))


def _shuffle(scalar: ir.Value, bit: int, lanes: int) -> ir.Value:
    i32 = ir.IntegerType.get_signless(32)
    distance, width = arith.constant(i32, 1 << bit), arith.constant(i32, lanes)
    return gpu.ShuffleOp(scalar, distance, width, gpu.ShuffleMode.XOR).results[0]
