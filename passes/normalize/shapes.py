"""Reshapes by a tensor that holds the new sizes, whatever its type and wherever it comes from."""

from __future__ import annotations

import numpy as np
from mlir import ir
from mlir.dialects import arith, cf, tensor

from clawc.passes.ir.loops import defining_op, shape_of
from clawc.passes.normalize.build import DYNAMIC, as_value, index, size_of


def lower_reshape(op: tensor.ReshapeOp) -> ir.Value:
    """The same reshape by sizes that are indices of the host, checked against the source's.

        %r = tensor.reshape %x(%s) : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x3xf32>

    becomes

        %0 = tensor.extract %s[%c0] : tensor<2xi64>
        %n = arith.index_cast %0 : i64 to index
        cf.assert (%n * 3 == dim %x and %n >= 0)
        %i = tensor.from_elements %n, %c3 : tensor<2xindex>
        %r = tensor.reshape %x(%i) : (tensor<?xf32>, tensor<2xindex>) -> tensor<?x3xf32>
    """
    type_ = ir.RankedTensorType(op.result.type)
    sizes = [
        _size(op.shape, dim) if size == DYNAMIC else index(size)
        for dim, size in enumerate(type_.shape)
    ]
    if DYNAMIC in type_.shape:
        _check(op.source, sizes, [dim for dim, n in enumerate(type_.shape) if n == DYNAMIC])
    held = ir.RankedTensorType.get([type_.rank], ir.IndexType.get())
    shape = tensor.FromElementsOp(held, sizes).result
    return tensor.ReshapeOp(type_, op.source, shape).result


def _size(shape: ir.Value, dim: int) -> ir.Value:
    """A number in a tensor of sizes, as an index."""
    given = defining_op(shape)
    if isinstance(given, tensor.FromElementsOp):
        number = given.elements[dim]
    elif given is not None and given.name == "arith.constant":
        values = np.array(ir.DenseElementsAttr(given.attributes["value"]))
        return index(int(values[dim]))
    else:
        number = tensor.ExtractOp(shape, [index(dim)]).result
    if isinstance(number.type, ir.IndexType):
        return number
    return arith.index_cast(ir.IndexType.get(), number)


def _check(source: ir.Value, sizes: list[ir.Value], dynamic: list[int]) -> None:
    zero, have, want = index(0), index(1), index(1)
    for dim in range(len(shape_of(source))):
        have = arith.muli(have, as_value(size_of(source, dim)))
    for size in sizes:
        want = arith.muli(want, size)
    fits = arith.cmpi(arith.CmpIPredicate.eq, have, want)
    for dim in dynamic:
        positive = arith.cmpi(arith.CmpIPredicate.sge, sizes[dim], zero)
        fits = arith.andi(fits, positive)
    cf.AssertOp(fits, "a tensor is reshaped to another number of elements")
