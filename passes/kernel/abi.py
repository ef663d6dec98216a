"""The way into a kernel: its flat signature in gpu.module @kernels, and the launches of it.

`@k(%x: memref<?x64xf32>, %n: index)` becomes `@k(%x: memref<?xf32>, %n: index, %x0: index)`:
its buffers as 1-D memrefs, its own index arguments, and an index for each dynamic size in use.

    kernel = make_kernel(block, func, threads)  # an empty gpu.func, and where its arguments are
    with ir.InsertionPoint(kernel.entry):
        ...                                     # the body, without its end
    kernel.finish()                             # gpu.return, claw.access; unused sizes dropped
    rewrite_calls(module, [kernel, ...])        # func.call -> gpu.launch_func

The grid is `claw.grid` and `claw.grid_symbols` of the kernel function, read by the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlir import ir
from mlir.dialects import arith, func, gpu, memref

from clawc.passes.framework.base import PassFailure
from clawc.passes.ir.symbols import Symbols, symbol_name
from clawc.passes.kernel.kernel import Kernel

Size = int | ir.Value
READS = ("vector.load", "vector.maskedload", "vector.gather", "memref.load")
WRITES = ("vector.store", "memref.store")


@dataclass
class FlatKernel:
    """A gpu.func under construction; the mappings go by argument number of the kernel function."""

    source: func.FuncOp
    op: gpu.GPUFuncOp
    threads: int
    buffers: Mapping[int, ir.Value]  # a memref argument -> its memref<?xT>
    sizes: Mapping[int, list[Size]]  # a memref argument -> its sizes; a static one is a number
    indices: Mapping[int, ir.Value]  # an index argument -> the same
    size_arguments: list[tuple[int, int]]  # (argument, dimension) of each index after those

    @property
    def name(self) -> str:
        return self.source.name.value

    @property
    def entry(self) -> ir.Block:
        return self.op.regions[0].blocks[0]

    def finish(self) -> None:
        """End the body, say how each buffer is used, and drop the sizes that nothing uses."""
        with ir.InsertionPoint(self.entry), self.source.location:
            gpu.ReturnOp([])
        first = len(self.buffers) + len(self.indices)
        for i in reversed(range(len(self.size_arguments))):
            if not any(self.entry.arguments[first + i].uses):
                self.entry.erase_argument(first + i)
                del self.size_arguments[i]
        types = [argument.type for argument in self.entry.arguments]
        self.op.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(types, []))
        access = [access_of(buffer) for buffer in self.buffers.values()]
        Kernel(self.op.operation).set_access(access)


def access_of(buffer: ir.Value) -> str:
    """ "read", "write" or "readwrite", by the loads and stores of a flat buffer."""
    names = {use.owner.operation.name for use in buffer.uses}
    if names <= set(READS):
        return "read"
    return "write" if names <= set(WRITES) else "readwrite"


def kernels_block(module: ir.Module) -> ir.Block:
    """The body of the gpu.module, which is made at the end of `module` if there is none."""
    for op in module.body.operations:
        if op.operation.name == "gpu.module":
            return op.operation.regions[0].blocks[0]
    module.operation.attributes["gpu.container_module"] = ir.UnitAttr.get(module.context)
    with ir.InsertionPoint(module.body), ir.Location.unknown(module.context):
        kernels = gpu.GPUModuleOp(Symbols(module).fresh("kernels"))
    region = kernels.operation.regions[0]
    return region.blocks[0] if len(region.blocks) else region.blocks.append()


def make_kernel(block: ir.Block, source: func.FuncOp, threads: int) -> FlatKernel:
    """The empty gpu.func of `source`, at the end of `block` (see `kernels_block`)."""
    arguments = list(source.regions[0].blocks[0].arguments)
    memrefs = [i for i, a in enumerate(arguments) if isinstance(a.type, ir.MemRefType)]
    indices = [i for i, a in enumerate(arguments) if isinstance(a.type, ir.IndexType)]
    if len(memrefs) + len(indices) != len(arguments):
        raise PassFailure(source, "a kernel takes memrefs and index values only")
    shapes = {i: ir.MemRefType(arguments[i].type).shape for i in memrefs}
    dynamic = [(i, d) for i in memrefs for d, n in enumerate(shapes[i]) if n < 0]
    index = ir.IndexType.get(source.context)
    with ir.InsertionPoint(block), source.location:
        types = [flat_type(arguments[i].type) for i in memrefs]
        types += [index] * (len(indices) + len(dynamic))
        op = gpu.GPUFuncOp(
            ir.FunctionType.get(types, []),
            source.name.value,
            kernel=True,
            known_block_size=[threads, 1, 1],
        )
        values = iter(op.add_entry_block().arguments)
    Kernel(op.operation).inherit(source)
    buffers = {i: next(values) for i in memrefs}
    index_values = {i: next(values) for i in indices}
    sizes: dict[int, list[Size]] = {
        i: [n if n >= 0 else next(values) for n in shapes[i]] for i in memrefs
    }
    return FlatKernel(source, op, threads, buffers, sizes, index_values, dynamic)


def flat_type(memref_type: ir.Type) -> ir.MemRefType:
    dynamic = ir.ShapedType.get_dynamic_size()
    return ir.MemRefType.get([dynamic], ir.MemRefType(memref_type).element_type)


# The host's side
def rewrite_calls(module: ir.Module, kernels: Iterable[FlatKernel]) -> None:
    """Launch each kernel where its function was called, then erase the function."""
    by_name = {kernel.name: kernel for kernel in kernels}
    calls: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if op.name == "func.call" and callee(op) in by_name:
            calls.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, ir.WalkOrder.PRE_ORDER)
    for call in calls:
        with ir.InsertionPoint(call), call.location:
            launch(by_name[callee(call)], list(call.operands))
        call.erase()
    for kernel in by_name.values():
        kernel.source.operation.erase()


def callee(call: ir.Operation) -> str:
    return ir.FlatSymbolRefAttr(call.attributes["callee"]).value


def launch(kernel: FlatKernel, operands: list[ir.Value]) -> None:
    """gpu.launch_func of `kernel` on the operands of its call, at the insertion point."""
    known: dict[tuple[int, int], ir.Value] = {}

    def size(argument: int, dim: int) -> ir.Value:
        if (argument, dim) not in known:
            known[argument, dim] = size_of(operands[argument], dim)
        return known[argument, dim]

    source = Kernel(kernel.source.operation)
    values = [size(*pair) for pair in source.grid_symbols]
    workgroups = None
    for result in source.grid.results:
        factor = evaluate(result, values)
        workgroups = factor if workgroups is None else arith.muli(workgroups, factor)
    flat = [
        flattened(operands[i], [size(i, d) for d in range(len(kernel.sizes[i]))])
        for i in kernel.buffers
    ]
    scalars = [operands[i] for i in kernel.indices] + [
        size(*pair) for pair in kernel.size_arguments
    ]
    one = index_constant(1)
    gpu.LaunchFuncOp(
        [symbol_name(kernel.op.operation.parent), kernel.name],
        (index_constant(1) if workgroups is None else workgroups, one, one),
        (index_constant(kernel.threads), one, one),
        kernel_operands=flat + scalars,
    )


def flattened(buffer: ir.Value, sizes: list[ir.Value]) -> ir.Value:
    count = index_constant(1) if not sizes else sizes[0]
    for size in sizes[1:]:
        count = arith.muli(count, size)
    return memref.ReinterpretCastOp(
        flat_type(buffer.type),
        buffer,
        [],
        [count],
        [],
        [0],
        [ir.ShapedType.get_dynamic_size()],
        [1],
    ).result


def size_of(operand: ir.Value, dim: int) -> ir.Value:
    """A size of a memref, or the operand itself where `dim` is -1."""
    if dim < 0:
        return operand
    static = ir.MemRefType(operand.type).shape[dim]
    return index_constant(static) if static >= 0 else memref.dim(operand, index_constant(dim))


def evaluate(expr: ir.AffineExpr, symbols: list[ir.Value]) -> ir.Value:
    """An affine expression as arith ops; sizes are not negative: unsigned division is right."""
    if isinstance(expr, ir.AffineConstantExpr):
        return index_constant(ir.AffineConstantExpr(expr).value)
    if isinstance(expr, ir.AffineSymbolExpr):
        return symbols[ir.AffineSymbolExpr(expr).position]
    kinds = (
        (ir.AffineAddExpr, arith.addi),
        (ir.AffineMulExpr, arith.muli),
        (ir.AffineModExpr, arith.remui),
        (ir.AffineFloorDivExpr, arith.divui),
        (ir.AffineCeilDivExpr, arith.ceildivui),
    )
    emit = next(emit for kind, emit in kinds if isinstance(expr, kind))
    binary = ir.AffineBinaryExpr(expr)
    return emit(evaluate(binary.lhs, symbols), evaluate(binary.rhs, symbols))


def index_constant(n: int) -> ir.Value:
    return arith.constant(ir.IndexType.get(), n)
