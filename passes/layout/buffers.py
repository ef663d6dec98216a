"""What a kernel function does with its buffers, and which sizes its grid depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mlir import ir

from clawc.passes.kernel.kernel import Kernel
from clawc.passes.layout.ops import constant_index, defining, inside


@dataclass
class BufferUse:
    """Of one kernel function; buffers are its arguments."""

    read: set[ir.Value] = field(default_factory=set)
    written: set[ir.Value] = field(default_factory=set)
    grid_sizes: set[ir.Value] = field(default_factory=set)  # not 0 wherever the kernel runs

    @classmethod
    def of(cls, func: ir.OpView | ir.Operation) -> BufferUse:
        use, arguments = cls(), list(func.regions[0].blocks[0].arguments)
        pairs = set(Kernel(func.operation).grid_symbols)
        use.grid_sizes |= {arguments[i] for i, dim in pairs if dim < 0}
        for op in inside(func.operation):
            if op.name in ("vector.transfer_read", "vector.gather", "memref.load"):
                use.read.add(root(op.operands[0]))
            elif op.name == "vector.transfer_write":
                use.written.add(root(op.operands[1]))
            elif op.name == "memref.dim" and is_grid_size(op, arguments, pairs):
                use.grid_sizes.add(op.results[0])
        return use


def root(memory: ir.Value) -> ir.Value:
    """The argument that a memref is a view of."""
    while (op := defining(memory)) is not None and len(op.operands):
        memory = op.operands[0]
    return memory


def is_grid_size(
    op: ir.Operation, arguments: Sequence[ir.Value], pairs: set[tuple[int, int]]
) -> bool:
    """Whether the grid is empty if this memref.dim is 0."""
    buffer = root(op.operands[0])
    if buffer not in arguments:
        return False
    argument = arguments.index(buffer)
    if buffer == op.operands[0]:
        dim = constant_index(op.operands[1])
        return dim is not None and (argument, dim) in pairs
    shape = ir.MemRefType(buffer.type).shape
    return all((argument, d) in pairs for d, n in enumerate(shape) if n < 0) and 0 not in shape
