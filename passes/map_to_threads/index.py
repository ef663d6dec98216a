"""Index arithmetic of the generic lane: affine maps, row-major offsets and their inverses.

Sizes are numbers where they are static; what folds is folded here: kernels stay readable.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith

from clawc.passes.kernel.abi import Size, index_constant
from clawc.passes.math.exact import ceildivsi, floordivsi
from clawc.passes.math.values import Num, where


def as_value(size: Size) -> ir.Value:
    return index_constant(size) if isinstance(size, int) else size


def add(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if a == 0 or b == 0:
        return b if a == 0 else a
    return arith.addi(as_value(a), as_value(b))


def multiply(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    for one, other in ((a, b), (b, a)):
        if one == 0 or one == 1:
            return 0 if one == 0 else other
    return arith.muli(as_value(a), as_value(b))


def product(sizes: Sequence[Size]) -> Size:
    result: Size = 1
    for size in sizes:
        result = multiply(result, size)
    return result


def linear(indices: Sequence[Size], shape: Sequence[Size]) -> ir.Value:
    """The row-major offset of an element."""
    offset: Size = 0
    for index, size in zip(indices, shape, strict=True):
        offset = add(multiply(offset, size), 0 if size == 1 else index)
    return as_value(offset)


def delinearized(offset: ir.Value, shape: Sequence[Size]) -> list[Size]:
    """The indices of the element at a row-major offset below the product of `shape`."""
    indices: list[Size] = [0] * len(shape)
    wide = [d for d in range(len(shape)) if shape[d] != 1]
    for d in reversed(wide):
        if d == wide[0]:
            indices[d] = offset
        else:
            indices[d] = arith.remui(offset, as_value(shape[d]))
            offset = arith.divui(offset, as_value(shape[d]))
    return indices


def apply_map(map_: ir.AffineMap, dims: Sequence[Size]) -> list[Size]:
    return [_apply(result, dims) for result in map_.results]


def _apply(expr: ir.AffineExpr, dims: Sequence[Size]) -> Size:
    if isinstance(expr, ir.AffineConstantExpr):
        return expr.value
    if isinstance(expr, ir.AffineDimExpr):
        return dims[expr.position]
    binary = ir.AffineBinaryExpr(expr)
    left, right = _apply(binary.lhs, dims), _apply(binary.rhs, dims)
    if isinstance(expr, ir.AffineAddExpr):
        return add(left, right)
    if isinstance(expr, ir.AffineMulExpr):
        return multiply(left, right)
    a, b = as_value(left), as_value(right)
    if isinstance(expr, ir.AffineModExpr):
        rest = Num(arith.remsi(a, b))
        return where(rest < 0, rest + Num(b), rest).value
    rounded = floordivsi if isinstance(expr, ir.AffineFloorDivExpr) else ceildivsi
    return rounded(Num(a), Num(b)).value
