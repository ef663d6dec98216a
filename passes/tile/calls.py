"""The host's side of the kernels that `tile` makes of one: calls, and the buffers between them."""

from __future__ import annotations

from collections.abc import Sequence

from mlir import ir
from mlir.dialects import arith, func, memref

from clawc.passes.ir.operations import operations_in
from clawc.passes.kernel.kernel import Kernel
from clawc.passes.tile.group import Factor, Group
from clawc.passes.tile.stages import Buffer, Stage

DYNAMIC = ir.ShapedType.get_dynamic_size()
Extent = int | tuple[Factor | int, ...]


def calls_of(module: ir.Module, name: str) -> list[ir.Operation]:
    """The host's calls of a kernel, those in its loops and branches too."""
    callee = ir.FlatSymbolRefAttr.get(name)
    host = [op for op in module.body.operations if Kernel.of(op) is None]
    inner = [op for function in host for op in operations_in(function)]
    return [op for op in inner if op.name == "func.call" and op.attributes["callee"] == callee]


class StagedCall:
    """Calls the stages of a kernel instead of it; `length` is split in parts of `width`."""

    def __init__(self, call: ir.Operation, group: Group, length: Extent, width: int) -> None:
        self.operands, self.group = list(call.operands), group
        self.length, self.width = length, width
        self.buffers: dict[Buffer, ir.Value] = {}

    def write(self, stages: Sequence[Stage]) -> None:
        """At the insertion point."""
        for stage in stages:
            block = stage.kernel.op.regions[0].blocks[0]
            pairs = zip(stage.operands, block.arguments, strict=True)
            operands = [self._buffer(buffer, argument.type) for buffer, argument in pairs]
            func.CallOp([], ir.FlatSymbolRefAttr.get(stage.kernel.name), operands)

    def _buffer(self, buffer: Buffer, type_: ir.Type) -> ir.Value:
        if buffer.argument is not None:
            return self.operands[buffer.argument]
        if buffer not in self.buffers:
            self.buffers[buffer] = self._allocated(buffer, ir.MemRefType(type_).element_type)
        return self.buffers[buffer]

    def _allocated(self, buffer: Buffer, element: ir.Type) -> ir.Value:
        assert buffer.value is not None
        member = self.group.producers[buffer.value]
        dims = member.outputs[ir.OpResult(buffer.value).result_number].all_dims
        sizes = [self._size(self.group.sizes[d]) if d >= 0 else 1 for d in dims]
        if buffer.parts:
            sizes.insert(0, self._count())
        shape = [size if isinstance(size, int) else DYNAMIC for size in sizes]
        dynamic = [size for size in sizes if not isinstance(size, int)]
        return memref.alloc(ir.MemRefType.get(shape, element), dynamic, [])

    def _count(self) -> int | ir.Value:
        length = self._size(self.length)
        if isinstance(length, int):
            return -(-length // self.width)
        return arith.ceildivsi(length, _index(self.width))

    def _size(self, extent: Extent) -> int | ir.Value:
        if isinstance(extent, int):
            return extent
        total: ir.Value | None = None
        for factor in extent:
            size = self._factor(factor)
            total = size if total is None else arith.muli(total, size)
        assert total is not None
        return total

    def _factor(self, factor: Factor | int) -> ir.Value:
        if isinstance(factor, int):
            return _index(factor)
        argument, dim = factor if isinstance(factor, tuple) else (factor, None)
        value = self.operands[ir.BlockArgument(argument).arg_number]
        return value if dim is None else memref.dim(value, _index(dim))


def _index(value: int) -> ir.Value:
    return arith.constant(ir.IndexType.get(), value)
