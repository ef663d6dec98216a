"""map-to-threads: the generic lane, where a thread computes an element of the output.

Before, a kernel function of `claw.lane = "generic"`:

    func.func private @k(%x: memref<?x8xf32>, %o: memref<?xf32>) attributes {claw.kernel, ...} {
      %in = bufferization.to_tensor %x restrict : memref<?x8xf32> to tensor<?x8xf32>
      %r = linalg.generic {...["parallel", "reduction"]} ins(%in ...) outs(%fill ...) { ... }
      bufferization.materialize_in_destination %r in restrict writable %o : ...

After, for a GPU:

    gpu.func @k(%x: memref<?xf32>, %o: memref<?xf32>, %d0: index) kernel {
      %i = ...                                              // block_id * threads + thread_id
      scf.if %in_bounds {                                   // %i < %d0
        %r = scf.for %j = %c0 to %c8 step %c1 iter_args(%acc = %zero) -> f32 { ... }
        memref.store %r, %o[%i] : memref<?xf32>

It takes every operation that reaches it, slowly: nothing is shared between threads.  On a processor
one workgroup of one thread runs `_CHUNK` elements.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, func, gpu, memref, scf

from clawc.chips.chip import Chip
from clawc.chips.known import find
from clawc.passes.framework.base import Pass, PassFailure
from clawc.passes.ir.maps import named_loops, output_maps, runs_in_order
from clawc.passes.kernel.abi import (
    FlatKernel,
    Size,
    kernels_block,
    make_kernel,
    rewrite_calls,
)
from clawc.passes.kernel.kernel import Kernel, kernels_of
from clawc.passes.map_to_threads.elements import Elements
from clawc.passes.map_to_threads.in_order import Stored, run_in_order, shared_loops
from clawc.passes.map_to_threads.index import as_value, delinearized, linear, product

_THREADS = 256
_CHUNK = 1024


@dataclass(frozen=True)
class MapToThreads(Pass):
    """Each kernel function of the generic lane becomes a gpu.func at L4, and its calls launches."""

    name = "map-to-threads"
    chip: Chip = find("nvptx")

    def run(self, module: ir.Module) -> None:
        chip = self.chip
        functions = [kernel.op.opview for kernel in kernels_of(module, "generic")]
        if not functions:
            return
        block = kernels_block(module)
        rewrite_calls(module, [map_kernel(f, block, chip) for f in functions])


def map_kernel(source: ir.OpView, block: ir.Block, chip: Chip) -> FlatKernel:
    """The flat kernel of `source`, a func.func, which gets its grid."""
    assert isinstance(source, func.FuncOp)
    stores = [
        op.operation
        for op in source.regions[0].blocks[0].operations
        if op.operation.name == "bufferization.materialize_in_destination"
    ]
    if not stores:
        raise PassFailure(source, "stores no result; expected materialize_in_destination")
    threads = min(_THREADS, chip.max_workgroup)
    per_block = threads if threads > 1 else _CHUNK
    kernel = make_kernel(block, source, threads)
    with ir.InsertionPoint(kernel.entry), source.location:
        block_id = gpu.block_id(gpu.Dimension.x)
        elements = Elements(kernel, block_id.owner.operation)
        dims = _thread_dims(stores[0])
        sizes = _sizes(kernel, stores[0])
        total = as_value(product([sizes[d] for d in dims]))
        start = arith.muli(block_id, as_value(per_block))
        if threads > 1:
            index = arith.addi(start, gpu.thread_id(gpu.Dimension.x))
            guard = scf.IfOp(arith.cmpi(arith.CmpIPredicate.ult, index, total))
            body = guard.regions[0].blocks[0]
        else:
            end = arith.minui(arith.addi(start, as_value(per_block)), total)
            loop = scf.ForOp(start, end, as_value(1))
            body, index = loop.body, loop.induction_variable
        with ir.InsertionPoint(body):
            _compute(elements, stores, index)
            scf.YieldOp([])
    kernel.finish()
    _set_grid(source, _destination(stores[0]), dims, per_block)
    return kernel


def _thread_dims(store: ir.Operation) -> list[int]:
    """The dimensions of the first output whose indices a thread has for its own."""
    op = store.operands[0].owner.operation
    if not _is_in_order(op):
        return list(range(ir.RankedTensorType(store.operands[0].type).rank))
    named = named_loops(output_maps(op)[ir.OpResult(store.operands[0]).result_number])
    return [named[loop] for loop in shared_loops(op)]


def _is_in_order(op: ir.Operation) -> bool:
    return op.name == "linalg.generic" and runs_in_order(op)


def _destination(store: ir.Operation) -> int:
    return ir.BlockArgument(store.operands[1]).arg_number


def _sizes(kernel: FlatKernel, store: ir.Operation) -> list[Size]:
    return kernel.sizes[_destination(store)]


def _compute(elements: Elements, stores: list[ir.Operation], index: ir.Value) -> None:
    """The elements of each output that the thread of element `index` of the first one has."""
    kernel = elements.kernel
    groups: dict[ir.Operation, list[ir.Operation]] = {}
    for store in stores:
        groups.setdefault(store.operands[0].owner.operation, []).append(store)
    first, *others = groups.values()
    if _is_in_order(next(iter(groups))):
        _run_in_order(elements, first, index)
    else:
        _store_group(elements, first, index)
    for group in others:
        # Another operation may have other sizes: its elements are dealt out round the threads.
        step = as_value(product(_sizes(kernel, first[0])))
        loop = scf.ForOp(index, as_value(product(_sizes(kernel, group[0]))), step)
        with ir.InsertionPoint(loop.body):
            _store_group(elements, group, loop.induction_variable)
            scf.YieldOp([])


def _store_group(elements: Elements, stores: list[ir.Operation], index: ir.Value) -> None:
    """The results of one operation; of a linalg.generic all results come of the same loops."""
    kernel = elements.kernel
    indices = delinearized(index, _sizes(kernel, stores[0]))
    source = stores[0].operands[0]
    if source.owner.operation.name == "linalg.generic":
        values = elements.results(source.owner.operation, indices)
    else:
        values = [elements.element(source, indices)]
    for store in stores:
        number = ir.OpResult(store.operands[0]).result_number
        buffer, sizes = kernel.buffers[_destination(store)], _sizes(kernel, store)
        memref.store(values[number], buffer, [linear(indices, sizes)])


def _run_in_order(elements: Elements, stores: list[ir.Operation], index: ir.Value) -> None:
    """All results of one operation at the indices that thread `index` has for its own."""
    kernel, op = elements.kernel, stores[0].operands[0].owner.operation
    numbers = {ir.OpResult(store.operands[0]).result_number: store for store in stores}
    if len(numbers) != len(op.results):
        raise PassFailure(op, "takes results on the way that are not stored; expected all stored")
    sizes = _sizes(kernel, stores[0])
    indices = delinearized(index, [sizes[d] for d in _thread_dims(stores[0])])
    stored = Stored(
        {number: kernel.buffers[_destination(store)] for number, store in numbers.items()},
        {number: _sizes(kernel, store) for number, store in numbers.items()},
    )
    run_in_order(elements, op, dict(zip(shared_loops(op), indices, strict=True)), stored)


def _set_grid(source: func.FuncOp, output: int, dims: list[int], per_block: int) -> None:
    """As many workgroups as the elements along `dims` of an output fill."""
    shape = ir.MemRefType(source.arguments[output].type).shape
    dynamic = [d for d in dims if shape[d] < 0]
    total = ir.AffineExpr.get_constant(1)
    for d in dims:
        if shape[d] >= 0:
            total = total * shape[d]
    for i in range(len(dynamic)):
        total = total * ir.AffineExpr.get_symbol(i)
    count = ir.AffineExpr.get_ceil_div(total, per_block)
    grid = ir.AffineMap.get(0, len(dynamic), [count])
    Kernel(source.operation).set_grid(grid, [(output, d) for d in dynamic])
