"""clamp-slices: a slice at an offset that is a value, not a shape, lies within its tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlir import ir
from mlir.dialects import arith, cf, tensor

from clawc.passes.arithmetic.bodies import outside_of_bodies
from clawc.passes.arithmetic.ranges import bits_of
from clawc.passes.framework.base import Pass
from clawc.passes.ir.constants import constant
from clawc.passes.ir.loops import shape_of

_DYNAMIC = ir.ShapedType.get_dynamic_size()
_TOO_LARGE = "takes a slice that is larger than its tensor"


@dataclass(frozen=True)
class ClampSlices(Pass):
    """Where an offset comes from an element of a tensor, a scalar argument or a loop, the slice
    begins at the nearest place from which all of it is there, as XLA's dynamic-slice has it; that
    there is one, the host asserts.  Offsets computed of sizes alone are left alone.

    Before:

        %s = tensor.extract_slice %x[%offset] [3] [1] : tensor<10xf32> to tensor<3xf32>

    After:

        %a = arith.maxsi %offset, %c0 : index
        %b = arith.minsi %a, %c7 : index
        %s = tensor.extract_slice %x[%b] [3] [1] : tensor<10xf32> to tensor<3xf32>
    """

    name: ClassVar[str] = "clamp-slices"

    def run(self, module: ir.Module) -> None:
        for op in outside_of_bodies(module):
            if op.name == "tensor.extract_slice":
                with ir.InsertionPoint(op), op.location:
                    _clamp(op)


def _clamp(op: ir.Operation) -> None:
    view = op.opview
    assert isinstance(view, tensor.ExtractSliceOp)
    sizes, strides = list(view.sizes), list(view.strides)
    number = 0  # among the dynamic offsets, which follow the source
    for dim, offset in enumerate(view.static_offsets):
        size = _next(view.static_sizes[dim], sizes)
        stride = _next(view.static_strides[dim], strides)
        if offset != _DYNAMIC:
            continue
        number += 1
        if not _is_of_sizes(op.operands[number]):
            op.operands[number] = _clamped(op.operands[number], view.source, dim, size, stride)


def _next(static: int, dynamic: list[ir.Value]) -> ir.Value:
    return dynamic.pop(0) if static == _DYNAMIC else constant(ir.IndexType.get(), static)


def _is_of_sizes(offset: ir.Value) -> bool:
    """Whether it is computed of constants and of sizes of tensors alone."""
    pending, seen = [offset], set[ir.Value]()
    while pending:
        value = pending.pop()
        if isinstance(value.owner, ir.Block):
            return False
        if value in seen or value.owner.name in ("tensor.dim", "arith.constant"):
            continue
        seen.add(value)
        if not value.owner.name.startswith("arith."):
            return False
        pending += value.owner.operands
    return True


def _clamped(
    offset: ir.Value, source: ir.Value, dim: int, size: ir.Value, stride: ir.Value
) -> ir.Value:
    index = ir.IndexType.get()
    one = constant(index, 1)
    length = arith.addi(arith.muli(arith.subi(size, one), stride), one)  # of what it spans
    static = shape_of(source)[dim]
    whole = (
        constant(index, static)
        if static >= 0
        else tensor.DimOp(source, constant(index, dim)).result
    )
    last = arith.subi(whole, arith.maxsi(length, constant(index, 0)))
    fits = arith.cmpi(arith.CmpIPredicate.sge, last, constant(index, 0))
    cf.AssertOp(fits, _TOO_LARGE)
    value = offset
    if not isinstance(offset.owner, ir.Block) and offset.owner.name == "arith.index_cast":
        if bits_of(offset.owner.operands[0].type) == 64:  # before bits are cut off
            value = offset.owner.operands[0]
            last = arith.index_cast(value.type, last)
    clamped = arith.minsi(arith.maxsi(value, constant(value.type, 0)), last)
    return clamped if clamped.type == index else arith.index_cast(index, clamped)
