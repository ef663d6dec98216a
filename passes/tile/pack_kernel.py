"""The kernel that copies a matrix into panels, as `form-kernels` would write it."""

from __future__ import annotations

from mlir import ir
from mlir.dialects import arith, bufferization, func, linalg, memref, tensor

from clawc.passes.kernel.kernel import Kernel


def write_pack_kernel(
    name: str, source: ir.MemRefType, target: ir.MemRefType, transposed: bool
) -> None:
    """A kernel `name` from a matrix, its n split as [k, n / width, width] or, transposed, as
    [n / width, width, k], to panels [n / width, k, width]."""
    function = func.FuncOp(name, ([source, target], []), visibility="private")
    Kernel(function.operation).mark("elementwise")
    block = function.add_entry_block()
    panel, depth, within = (ir.AffineExpr.get_dim(i) for i in range(3))
    reads = [panel, within, depth] if transposed else [depth, panel, within]
    maps = [ir.AffineMap.get(3, 0, reads), ir.AffineMap.get_identity(3)]
    with ir.InsertionPoint(block):
        given, written = block.arguments
        shape: list[int | ir.Value] = list(target.shape)
        if target.is_dynamic_dim(1):
            shape[1] = memref.dim(written, arith.constant(ir.IndexType.get(), 1))
        empty = tensor.EmptyOp(shape, target.element_type).result
        read = bufferization.to_tensor(as_tensor(source), given, restrict=True)
        copy = linalg.GenericOp([as_tensor(target)], [read], [empty], maps, ["parallel"] * 3)
        body = copy.regions[0].blocks.append(target.element_type, target.element_type)
        with ir.InsertionPoint(body):
            linalg.YieldOp([body.arguments[0]])
        bufferization.materialize_in_destination(
            None, copy.results[0], written, restrict=True, writable=True
        )
        func.ReturnOp([])


def as_tensor(type_: ir.MemRefType) -> ir.RankedTensorType:
    return ir.RankedTensorType.get(type_.shape, type_.element_type)
